package otlp
