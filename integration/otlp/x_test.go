package otlp
import (
_ "go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
_ "go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
_ "google.golang.org/grpc"
_ "google.golang.org/protobuf/proto"
_ "go.opentelemetry.io/proto/otlp/collector/logs/v1"
)
