package lineexporter_test

import (
	"context"
	"io"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutlog"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/internal/lineexporter"
)

// BenchmarkExport is the cost of a batch of 512 records without a cost of the writer.
func BenchmarkExport(b *testing.B) {
	recs := make([]sdklog.Record, 512)
	for i := range recs {
		recs[i] = exportertest.Record(log.SeverityInfo, "message", attribute.Int("a", i), attribute.String("b", "text"),
			attribute.Bool("c", true), attribute.Float64("d", 0.5), attribute.String("e", "more text"))
	}
	stock, err := stdoutlog.New(stdoutlog.WithWriter(io.Discard))
	if err != nil {
		b.Fatal(err)
	}
	for name, e := range map[string]sdklog.Exporter{"stdoutlog": stock, "lineexporter": lineexporter.New(io.Discard)} {
		b.Run("exporter="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := e.Export(context.Background(), recs); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(recs)), "ns/record")
		})
	}
}
