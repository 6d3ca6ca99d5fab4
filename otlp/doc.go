// Package otlp sends log records.
package otlp
