package sink

import (
	"context"
	"sync/atomic"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// OTLP exports to an OTLP receiver over gRPC and counts the records that the receiver has
// acknowledged.
type OTLP struct {
	exporters []sdklog.Exporter
	acked     atomic.Uint64
}

// NewOTLP returns an OTLP with the given number of exporters to the receiver at the
// address. Each exporter has its own connection, without TLS, and its default settings.
func NewOTLP(ctx context.Context, address string, exporters int) (*OTLP, error) {
	o := new(OTLP)
	for range exporters {
		e, err := otlploggrpc.New(ctx, otlploggrpc.WithEndpoint(address), otlploggrpc.WithInsecure())
		if err != nil {
			return nil, err
		}
		o.exporters = append(o.exporters, &counted{e, &o.acked})
	}
	return o, nil
}

// Exporters returns the exporters.
func (o *OTLP) Exporters() []sdklog.Exporter { return o.exporters }

// Acked returns how many records the receiver has acknowledged.
func (o *OTLP) Acked() uint64 { return o.acked.Load() }

// counted counts the records of successful exports. A partial success is an error.
type counted struct {
	sdklog.Exporter

	acked *atomic.Uint64
}

func (c *counted) Export(ctx context.Context, records []sdklog.Record) error {
	err := c.Exporter.Export(ctx, records)
	if err == nil {
		c.acked.Add(uint64(len(records)))
	}
	return err
}
