package otlp_test

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/otlp"
)

func BenchmarkAppendRecord(b *testing.B) {
	for _, bc := range []struct {
		name   string
		change func(*sdklog.Record)
	}{
		{"attributes=0", func(r *sdklog.Record) { fiveAttributes(r); r.SetAttributes() }},
		{"attributes=5", fiveAttributes},
		{"attributes=10", func(r *sdklog.Record) {
			fiveAttributes(r)
			for _, key := range []string{"a.long.key", "user.id", "session.id", "net.peer.name", "code.function"} {
				r.AddAttributes(attribute.String(key, "value of it"))
			}
		}},
		{"attributes=5,repeated", func(r *sdklog.Record) {
			fiveAttributes(r)
			r.AddAttributes(attribute.Bool("cached", false))
		}},
		{"every kind", everyKind},
	} {
		b.Run(bc.name, func(b *testing.B) {
			r := newRecord(b, bc.change, sdklog.WithAllowKeyDuplication())
			buf := make([]byte, 0, 64<<10)
			b.ReportAllocs()
			for b.Loop() {
				buf = otlp.AppendRecord(buf[:0], &r)
			}
			b.ReportMetric(float64(len(buf)), "B/record")
		})
	}
}

func BenchmarkReadRecord(b *testing.B) {
	r := newRecord(b, fiveAttributes)
	buf := otlp.AppendRecord(nil, &r)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := otlp.ReadRecord(buf); err != nil {
			b.Fatal(err)
		}
	}
}
