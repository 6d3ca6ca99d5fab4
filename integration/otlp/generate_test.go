package otlp_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/trace"
)

// generator makes random records. The same seed makes the same records.
type generator struct {
	*rand.Rand
	plain   []*source // as most providers are
	allowed []*source // which leave repeated keys to the encoder
	limited []*source // with limits
}

// source is the loggers of one provider, and what they emit.
type source struct {
	records []sdklog.Record
	loggers []log.Logger
}

func (s *source) OnEmit(_ context.Context, r *sdklog.Record) error {
	s.records = append(s.records, r.Clone())
	return nil
}
func (*source) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }
func (*source) Shutdown(context.Context) error                         { return nil }
func (*source) ForceFlush(context.Context) error                       { return nil }

func newGenerator(seed uint64) *generator {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, seed))}
	for _, res := range []*resource.Resource{
		resource.Empty(),
		resource.NewSchemaless(attribute.String("service.name", "shop"), attribute.Int("n", 1)),
		resource.NewWithAttributes("https://example.com/schema/1",
			attribute.String("service.name", "bank"), attribute.StringSlice("zones", []string{"a", "b"})),
	} {
		g.plain = append(g.plain, newSource(res))
		g.allowed = append(g.allowed, newSource(res, sdklog.WithAllowKeyDuplication()))
		g.limited = append(g.limited, newSource(res,
			sdklog.WithAttributeCountLimit(3), sdklog.WithAttributeValueLengthLimit(5)))
	}
	return g
}

func newSource(res *resource.Resource, opts ...sdklog.LoggerProviderOption) *source {
	s := &source{}
	lp := sdklog.NewLoggerProvider(append(opts, sdklog.WithResource(res), sdklog.WithProcessor(s))...)
	s.loggers = []log.Logger{
		lp.Logger(""),
		lp.Logger("db"),
		lp.Logger("db", log.WithInstrumentationVersion("v1.2.3")),
		lp.Logger("db", log.WithInstrumentationAttributes(attribute.Bool("slow", true))),
		lp.Logger("http", log.WithSchemaURL("https://example.com/schema/2"), log.WithInstrumentationAttributes(
			attribute.String("route", "/a"), attribute.Slice("list", attribute.IntValue(1)))),
	}
	return s
}

// batch returns n records twice: as OpenTelemetry's exporters and as ours get them.
// Some of the records come from a provider that removes repeated keys, in the one, and
// from one that does not, in the other.
func (g *generator) batch(n int) (theirs, ours []sdklog.Record) {
	for range n {
		at := g.IntN(len(g.plain))
		a, b := g.plain[at], g.allowed[at]
		unique := g.IntN(3) == 0
		if unique {
			a = g.limited[at]
			b = a
		}
		logger := g.IntN(len(a.loggers))
		r := g.record(unique)
		g.emit(a, logger, r)
		if b != a {
			g.emit(b, logger, r)
		}
		one, other := &a.records[len(a.records)-1], &b.records[len(b.records)-1]
		flags, traceID, spanID := trace.TraceFlags(g.IntN(4)), g.traceID(), g.spanID()
		for _, rec := range []*sdklog.Record{one, other} {
			rec.SetTraceFlags(flags)
			rec.SetTraceID(traceID)
			rec.SetSpanID(spanID)
			rec.SetObservedTimestamp(r.ObservedTimestamp())
		}
		theirs, ours = append(theirs, *one), append(ours, *other)
		a.records, b.records = a.records[:0], b.records[:0]
	}
	return theirs, ours
}

func (*generator) emit(s *source, logger int, r log.Record) {
	s.loggers[logger].Emit(context.Background(), r)
}

func (g *generator) traceID() (id trace.TraceID) {
	if g.IntN(3) > 0 {
		for i := range id {
			id[i] = byte(g.IntN(256))
		}
	}
	return id
}

func (g *generator) spanID() (id trace.SpanID) {
	if g.IntN(3) > 0 {
		for i := range id {
			id[i] = byte(g.IntN(256))
		}
	}
	return id
}

func (g *generator) record(unique bool) (r log.Record) {
	r.SetTimestamp(g.time())
	r.SetObservedTimestamp(g.time())
	r.SetSeverity(log.Severity(g.IntN(30) - 2))
	r.SetSeverityText(g.text())
	r.SetEventName(g.text())
	r.SetBody(g.value(0))
	for i := range g.size(100) {
		kv := attribute.KeyValue{Key: attribute.Key(g.key()), Value: g.value(0)}
		if unique {
			kv.Key += attribute.Key(fmt.Sprint(".", i))
		}
		r.AddAttributes(kv)
	}
	return r
}

// size returns a number below most, a small one as a rule.
func (g *generator) size(most int) int {
	switch g.IntN(20) {
	case 0:
		return g.IntN(most)
	case 1:
		return 0
	default:
		return g.IntN(min(most, 7))
	}
}

func (g *generator) time() time.Time {
	switch g.IntN(6) {
	case 0:
		return time.Time{}
	case 1:
		return time.Unix(0, g.Int64N(3)-1)
	case 2:
		return time.Unix(-g.Int64N(1e9), 0)
	default:
		return time.Unix(1_700_000_000+g.Int64N(1e8), g.Int64N(1e9))
	}
}

func (g *generator) key() string {
	switch g.IntN(10) {
	case 0:
		return g.text()
	case 1, 2, 3:
		return string(rune('a' + g.IntN(4)))
	default:
		return fmt.Sprintf("key.%d.name", g.IntN(100))
	}
}

// lengths are those around which a length takes one byte more.
var lengths = []int{0, 1, 3, 4, 7, 8, 9, 110, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 16382, 16383, 16384}

func (g *generator) text() string {
	switch g.IntN(12) {
	case 0:
		n := lengths[g.IntN(len(lengths))]
		if n > 200 && g.IntN(20) > 0 {
			n = 5
		}
		return strings.Repeat("x", n)
	case 1:
		return strings.Repeat("é", g.IntN(80))
	case 2:
		return "\x00\u2028😀\""
	default:
		return fmt.Sprintf("text %d", g.IntN(1000))
	}
}

func (g *generator) int64() int64 {
	switch g.IntN(4) {
	case 0:
		return []int64{math.MinInt64, -1, 0, 1, 127, 128, math.MaxInt64}[g.IntN(7)]
	case 1:
		return int64(g.Uint64())
	default:
		return g.Int64N(1000)
	}
}

func (g *generator) float64() float64 {
	if g.IntN(4) == 0 {
		return []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1), math.SmallestNonzeroFloat64}[g.IntN(6)]
	}
	return g.NormFloat64()
}

func list[T any](n int, f func() T) (l []T) {
	for range n {
		l = append(l, f())
	}
	return l
}

// value returns a value of any kind, nested at most five deep.
func (g *generator) value(depth int) attribute.Value {
	kinds := 12
	if depth == 5 {
		kinds = 10
	}
	switch g.IntN(kinds) {
	case 0:
		return attribute.Value{}
	case 1:
		return attribute.BoolValue(g.IntN(2) == 0)
	case 2:
		return attribute.Int64Value(g.int64())
	case 3:
		return attribute.Float64Value(g.float64())
	case 4:
		return attribute.StringValue(g.text())
	case 5:
		return attribute.BoolSliceValue(list(g.size(20), func() bool { return g.IntN(2) == 0 }))
	case 6:
		return attribute.Int64SliceValue(list(g.size(20), g.int64))
	case 7:
		return attribute.Float64SliceValue(list(g.size(20), g.float64))
	case 8:
		return attribute.StringSliceValue(list(g.size(20), g.text))
	case 9:
		return attribute.ByteSliceValue(list(g.size(200), func() byte { return byte(g.IntN(256)) }))
	case 10:
		return attribute.SliceValue(list(g.IntN(5), func() attribute.Value { return g.value(depth + 1) })...)
	default:
		return attribute.MapValue(list(g.IntN(6), func() attribute.KeyValue {
			return attribute.KeyValue{Key: attribute.Key(g.key()), Value: g.value(depth + 1)}
		})...)
	}
}
