package processor

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
)

// collected is a processor that keeps every record.
type collected struct {
	sdklog.Processor
	recs []sdklog.Record
}

func (c *collected) OnEmit(_ context.Context, r *sdklog.Record) error {
	c.recs = append(c.recs, r.Clone())
	return nil
}

func (*collected) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }

// manifold returns loggers of several resources and scopes, and where their records
// go.
func manifold() (loggers []log.Logger, to *collected) {
	to = new(collected)
	for _, res := range []*resource.Resource{
		nil,
		resource.Empty(),
		resource.NewSchemaless(attribute.String("service.name", strings.Repeat("s", 200))),
	} {
		opts := []sdklog.LoggerProviderOption{sdklog.WithProcessor(to)}
		if res != nil {
			opts = append(opts, sdklog.WithResource(res))
		}
		p := sdklog.NewLoggerProvider(opts...)
		loggers = append(loggers,
			p.Logger(""),
			p.Logger(strings.Repeat("n", 130), log.WithInstrumentationVersion("v1"), log.WithSchemaURL("https://example.com/schema")),
			p.Logger("a", log.WithInstrumentationAttributes(attribute.String("k", strings.Repeat("v", 150)))),
			p.Logger("b", log.WithInstrumentationAttributes(attribute.String("k", strings.Repeat("v", 150)))),
		)
	}
	return loggers, to
}

// TestFits: what is said to fit without a closer look is one part when looked at closely.
func TestFits(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	loggers, to := manifold()
	said := 0
	for range 2000 {
		to.recs = nil
		for range 1 + random.IntN(20) {
			var r log.Record
			r.SetBody(attribute.StringValue(strings.Repeat("b", random.IntN(200))))
			for i := range random.IntN(8) {
				r.AddAttributes(attribute.String(strings.Repeat("k", i+1), strings.Repeat("v", random.IntN(50))))
			}
			loggers[random.IntN(len(loggers))].Emit(context.Background(), r)
		}
		s := newSizer()
		limit := 1 + random.IntN(20_000)
		fits := s.fits(to.recs, limit)
		exact := s.divideExactly(nil, to.recs, limit)
		if fits {
			said++
			if !slices.Equal(exact, []part{{n: len(to.recs)}}) {
				t.Fatalf("%d records are said to fit into %d bytes, but the parts are %+v", len(to.recs), limit, exact)
			}
		}
		if got := newSizer().divide(nil, to.recs, limit); !slices.Equal(got, exact) {
			t.Fatalf("parts %+v, exactly %+v", got, exact)
		}
	}
	if said == 0 || said == 2000 {
		t.Errorf("%d of 2000 are said to fit: the test does not work", said)
	}
}

// TestFitsOfAnOrdinaryBatch: the default limit is far from where one has to look closely.
func TestFitsOfAnOrdinaryBatch(t *testing.T) {
	loggers, to := manifold()
	for range 512 {
		var r log.Record
		r.SetBody(attribute.StringValue(strings.Repeat("b", 1000)))
		r.AddAttributes(attribute.String("k", strings.Repeat("v", 1000)))
		loggers[1].Emit(context.Background(), r)
	}
	if !newSizer().fits(to.recs, defaultMaxBatchBytes) {
		t.Errorf("512 records of 2 KiB may not fit into %d bytes", defaultMaxBatchBytes)
	}
}
