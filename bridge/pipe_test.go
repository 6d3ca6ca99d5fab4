package bridge_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

// pipe is a whole pipeline: provider, processor, exporter.
type pipe struct {
	*sdklog.LoggerProvider

	processor *processor.Processor
	exporter  *exportertest.Exporter
	seen      int // records returned so far
}

// flushedBy is a provider with another ForceFlush.
type flushedBy struct {
	log.LoggerProvider

	flush func(context.Context) error
}

func (p flushedBy) ForceFlush(ctx context.Context) error { return p.flush(ctx) }

// newPipe returns a pipeline that is shut down when the test ends, when every
// record must be accounted for.
func newPipe(tb testing.TB, exporter *exportertest.Exporter, opts ...processor.Option) *pipe {
	tb.Helper()
	return newDecoratedPipe(tb, nil, exporter, opts...)
}

// newDecoratedPipe is newPipe with processors before the one that exports.
func newDecoratedPipe(
	tb testing.TB, decorators []sdklog.Processor, exporter *exportertest.Exporter, opts ...processor.Option,
) *pipe {
	tb.Helper()
	p := processor.New(exporter, append([]processor.Option{processor.WithFallback(nil)}, opts...)...)
	var all []sdklog.LoggerProviderOption
	for _, d := range append(decorators, p) {
		all = append(all, sdklog.WithProcessor(d))
	}
	provider := sdklog.NewLoggerProvider(all...)
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			tb.Errorf("Shutdown: %v", err)
		}
		if s := p.Stats(); !s.Balanced() || s.Queued != 0 || s.InFlight != 0 {
			tb.Errorf("the ledger does not balance: %+v", s)
		}
	})
	return &pipe{LoggerProvider: provider, processor: p, exporter: exporter}
}

// records returns all records that have been emitted so far.
func (p *pipe) records(tb testing.TB) []sdklog.Record {
	tb.Helper()
	if err := p.ForceFlush(context.Background()); err != nil {
		tb.Fatalf("ForceFlush: %v", err)
	}
	all := p.exporter.Records()
	p.seen = len(all)
	return all
}

// only returns the one record that has been emitted since the last call of records or
// only. It may have been exported meanwhile.
func (p *pipe) only(tb testing.TB) sdklog.Record {
	tb.Helper()
	seen := p.seen
	records := p.records(tb)[seen:]
	if len(records) != 1 {
		tb.Fatalf("%d new records, want 1", len(records))
	}
	return records[0]
}

// bodies returns the bodies of all records that have been emitted so far.
func (p *pipe) bodies(tb testing.TB) []string {
	tb.Helper()
	p.records(tb)
	return p.exporter.Bodies()
}

// attributesOf returns a record's attributes, with maps as Go maps.
func attributesOf(r *sdklog.Record) map[string]any {
	m := map[string]any{}
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		m[string(kv.Key)] = goValue(kv.Value)
		return true
	})
	return m
}

func goValue(v attribute.Value) any {
	if v.Type() != attribute.MAP {
		return v.AsInterface()
	}
	m := map[string]any{}
	for _, kv := range v.AsMap() {
		m[string(kv.Key)] = goValue(kv.Value)
	}
	return m
}

func wantAttributes(tb testing.TB, r sdklog.Record, want map[string]any) {
	tb.Helper()
	if got := attributesOf(&r); !reflect.DeepEqual(got, want) {
		tb.Errorf("attributes %v, want %v", got, want)
	}
}

func wantBodies(tb testing.TB, p *pipe, want ...string) {
	tb.Helper()
	if got := p.bodies(tb); strings.Join(got, "\n") != strings.Join(want, "\n") {
		tb.Errorf("bodies %q, want %q", got, want)
	}
}
