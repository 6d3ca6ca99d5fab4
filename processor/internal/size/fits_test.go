package size

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

// collector is a processor that keeps every record.
type collector struct {
	sdklog.Processor
	recs []sdklog.Record
}

func (c *collector) OnEmit(_ context.Context, r *sdklog.Record) error {
	c.recs = append(c.recs, r.Clone())
	return nil
}

func (*collector) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }

// variousLoggers returns loggers of several resources and scopes, and the collector of
// their records.
func variousLoggers() (loggers []log.Logger, to *collector) {
	to = new(collector)
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

// Records that fit without exact sizes are one request with exact sizes, too.
func TestFits(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	loggers, to := variousLoggers()
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
		s := NewSplitter()
		limit := 1 + random.IntN(20_000)
		fits := s.fits(to.recs, limit)
		var exact []request
		s.splitExactly(to.recs, limit, func(n, oversize int) { exact = append(exact, request{n, oversize}) })
		if fits {
			said++
			if !slices.Equal(exact, []request{{n: len(to.recs)}}) {
				t.Fatalf("%d records are said to fit into %d bytes, but the requests are %+v", len(to.recs), limit, exact)
			}
		}
		if got := split(NewSplitter(), to.recs, limit); !slices.Equal(got, exact) {
			t.Fatalf("requests %+v, exactly %+v", got, exact)
		}
	}
	if said == 0 || said == 2000 {
		t.Errorf("%d of 2000 are said to fit: the test does not work", said)
	}
}

// The processor's default limit is so high that an ordinary batch needs no exact sizes.
func TestFitsOfAnOrdinaryBatch(t *testing.T) {
	loggers, to := variousLoggers()
	for range 512 {
		var r log.Record
		r.SetBody(attribute.StringValue(strings.Repeat("b", 1000)))
		r.AddAttributes(attribute.String("k", strings.Repeat("v", 1000)))
		loggers[1].Emit(context.Background(), r)
	}
	if !NewSplitter().fits(to.recs, ordinaryLimit) {
		t.Errorf("512 records of 2 KiB may not fit into %d bytes", ordinaryLimit)
	}
}
