package rig

import (
	"context"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// Protocol is a protocol in which records are sent to a Collector.
type Protocol struct {
	Name string
	// Addr returns the address of a Collector's receiver.
	Addr func(*Collector) string
	// Exporter returns the stock exporter with its defaults, without TLS.
	Exporter func(ctx context.Context, addr string) (sdklog.Exporter, error)
}

// The protocols.
var (
	GRPC = Protocol{
		Name: "grpc",
		Addr: func(c *Collector) string { return c.GRPC },
		Exporter: func(ctx context.Context, addr string) (sdklog.Exporter, error) {
			return otlploggrpc.New(ctx, otlploggrpc.WithEndpoint(addr), otlploggrpc.WithInsecure())
		},
	}
	HTTP = Protocol{
		Name: "http",
		Addr: func(c *Collector) string { return c.HTTP },
		Exporter: func(ctx context.Context, addr string) (sdklog.Exporter, error) {
			return otlploghttp.New(ctx, otlploghttp.WithEndpoint(addr), otlploghttp.WithInsecure())
		},
	}
	Protocols = []Protocol{GRPC, HTTP}
)
