package bridge_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/bridge"
)

// BenchmarkPhaseLog is a phase with three attributes on one goroutine. The rival
// is the same record emitted with the bare API.
func BenchmarkPhaseLog(b *testing.B) {
	b.Run("attrs=3/impl=bare", func(b *testing.B) {
		p := newBenchPipe(b)
		logger := p.Logger("bench")
		logInRounds(b, p, func(ctx context.Context) {
			var r log.Record
			r.SetEventName(bridge.PhaseEventName)
			r.SetTimestamp(time.Now())
			r.SetSeverity(log.SeverityInfo)
			r.SetSeverityText("INFO")
			r.SetBody(attribute.StringValue("a message of ordinary length for a benchmark"))
			r.AddAttributes(
				bridge.PhaseKey.String("ANALYSIS"),
				attribute.String("file", "prompt.txt"), attribute.Int("tokens", 1234), attribute.Float64("ratio", 0.5),
			)
			logger.Emit(ctx, r)
		})
	})
	b.Run("attrs=3/impl=asynclog", func(b *testing.B) {
		p := newBenchPipe(b)
		l := bridge.NewPhaseLogger(p)
		logInRounds(b, p, func(ctx context.Context) {
			l.Log(ctx, "ANALYSIS", "a message of ordinary length for a benchmark",
				attribute.String("file", "prompt.txt"), attribute.Int("tokens", 1234), attribute.Float64("ratio", 0.5))
		})
	})
	b.Run("attrs=3/impl=asynclog-any", func(b *testing.B) {
		p := newBenchPipe(b)
		l := bridge.NewPhaseLogger(p)
		data := map[string]any{"file": "prompt.txt", "tokens": 1234, "ratio": 0.5}
		logInRounds(b, p, func(ctx context.Context) {
			l.LogAny(ctx, "ANALYSIS", "a message of ordinary length for a benchmark", data, "req-7f3a")
		})
	})
}

// BenchmarkPhaseOff is a phase while verbose is off. The rival is an atomic load.
func BenchmarkPhaseOff(b *testing.B) {
	b.Run("impl=atomicload", func(b *testing.B) {
		var on atomic.Bool
		n := 0
		for b.Loop() {
			if on.Load() {
				n++
			}
		}
	})
	l := bridge.NewPhaseLogger(newBenchPipe(b))
	l.SetVerbose(false)
	ctx := context.Background()
	b.Run("attrs=0/impl=asynclog", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l.Log(ctx, "ANALYSIS", "a message")
		}
	})
	b.Run("attrs=3/impl=asynclog", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l.Log(ctx, "ANALYSIS", "a message",
				attribute.String("file", "prompt.txt"), attribute.Int("tokens", 1234), attribute.Float64("ratio", 0.5))
		}
	})
}

// BenchmarkCorrelateLog is the cost of adding the ID to a record with three
// attributes.
func BenchmarkCorrelateLog(b *testing.B) {
	ctx := bridge.ContextWithCorrelationID(context.Background(), "req-7f3a")
	for _, c := range []struct {
		name       string
		decorators []sdklog.Processor
	}{
		{"attrs=3/impl=without", nil},
		{"attrs=3/impl=asynclog", []sdklog.Processor{bridge.NewLogProcessor()}},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := newBenchPipe(b, c.decorators...)
			logger := p.Logger("bench")
			logInRounds(b, p, func(context.Context) {
				var r log.Record
				r.SetBody(attribute.StringValue("a message"))
				r.AddAttributes(
					attribute.String("file", "prompt.txt"), attribute.Int("tokens", 1234), attribute.Float64("ratio", 0.5),
				)
				logger.Emit(ctx, r)
			})
		})
	}
}

// nothing is a span processor that does nothing. Without any processor, the SDK does
// less work at the end of a span.
type nothing struct{}

func (nothing) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (nothing) OnEnd(sdktrace.ReadOnlySpan)                     {}
func (nothing) ForceFlush(context.Context) error                { return nil }
func (nothing) Shutdown(context.Context) error                  { return nil }

// BenchmarkCorrelateSpan is the cost of setting the ID on a span that is started with
// three attributes.
func BenchmarkCorrelateSpan(b *testing.B) {
	ctx := bridge.ContextWithCorrelationID(context.Background(), "req-7f3a")
	for _, c := range []struct {
		name string
		p    sdktrace.SpanProcessor
	}{
		{"attrs=3/impl=without", nothing{}},
		{"attrs=3/impl=asynclog", bridge.NewSpanProcessor()},
	} {
		b.Run(c.name, func(b *testing.B) {
			tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(c.p)).Tracer("bench")
			b.ReportAllocs()
			for b.Loop() {
				_, span := tracer.Start(ctx, "work", trace.WithAttributes(
					attribute.String("file", "prompt.txt"), attribute.Int("tokens", 1234), attribute.Float64("ratio", 0.5),
				))
				span.End()
			}
		})
	}
}
