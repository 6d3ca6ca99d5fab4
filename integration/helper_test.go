package integration_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/processor"
)

// TestMain keeps the variables of whoever runs the tests out of them.
func TestMain(m *testing.M) {
	for _, pair := range os.Environ() {
		if key, _, _ := strings.Cut(pair, "="); strings.HasPrefix(key, "OTEL_") {
			_ = os.Unsetenv(key)
		}
	}
	os.Exit(m.Run())
}

// patience bounds what should take no time: starting, stopping and flushing on a
// machine that has much else to do.
const patience = 60 * time.Second

// protocol is one of the two ways to a Collector.
type protocol struct {
	name     string
	addr     func(*rig.Collector) string
	exporter func(t testing.TB, addr string) sdklog.Exporter
}

var (
	overGRPC = protocol{
		name: "grpc",
		addr: func(c *rig.Collector) string { return c.GRPC },
		exporter: func(t testing.TB, addr string) sdklog.Exporter {
			e, err := otlploggrpc.New(t.Context(), otlploggrpc.WithEndpoint(addr), otlploggrpc.WithInsecure())
			if err != nil {
				t.Fatal(err)
			}
			return e
		},
	}
	overHTTP = protocol{
		name: "http",
		addr: func(c *rig.Collector) string { return c.HTTP },
		exporter: func(t testing.TB, addr string) sdklog.Exporter {
			e, err := otlploghttp.New(t.Context(), otlploghttp.WithEndpoint(addr), otlploghttp.WithInsecure())
			if err != nil {
				t.Fatal(err)
			}
			return e
		},
	}
)

// overBoth runs a test over each protocol.
func overBoth(t *testing.T, test func(*testing.T, protocol)) {
	for _, p := range []protocol{overGRPC, overHTTP} {
		t.Run(p.name, func(t *testing.T) { test(t, p) })
	}
}

// newCollector returns a running Collector, which is killed when the test ends.
func newCollector(t testing.TB) *rig.Collector {
	t.Helper()
	c, err := rig.NewCollector(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the Collector said:\n%s", c.Output())
		}
		if err := c.Kill(); err != nil {
			t.Error(err)
		}
	})
	startCollector(t, c)
	return c
}

func startCollector(t testing.TB, c *rig.Collector) {
	t.Helper()
	ctx, cancel := withPatience(t)
	defer cancel()
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
}

// arrived stops the Collector and returns what it wrote.
func arrived(t testing.TB, c *rig.Collector) []rig.Record {
	t.Helper()
	ctx, cancel := withPatience(t)
	defer cancel()
	if err := c.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	records, err := c.Records()
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func withPatience(t testing.TB) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(context.Background(), patience)
}

func newNetwork(t testing.TB, addr string) *rig.Network {
	t.Helper()
	n, err := rig.NewNetwork(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Cut)
	return n
}

// pipeline is a processor behind a LoggerProvider, with a source of records.
type pipeline struct {
	*rig.Source

	processor *processor.Processor
	provider  *sdklog.LoggerProvider
	shutdown  func(context.Context) error // once
}

// newPipeline returns a pipeline whose books are checked when the test ends: it is
// shut down, unless the test has done so, nothing may be left in it, and every record
// must be accounted for. It has no fallback unless the options say so.
func newPipeline(t testing.TB, exporter sdklog.Exporter, opts ...processor.Option) *pipeline {
	t.Helper()
	p := processor.New(exporter, append([]processor.Option{processor.WithFallback(nil)}, opts...)...)
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
	var once sync.Once
	l := &pipeline{
		Source:    rig.NewSource(provider),
		processor: p,
		provider:  provider,
		shutdown: func(ctx context.Context) (err error) {
			once.Do(func() { err = provider.Shutdown(ctx) })
			return err
		},
	}
	t.Cleanup(func() {
		ctx, cancel := withPatience(t)
		defer cancel()
		_ = l.shutdown(ctx) // what it loses is in the books
		if s := p.Stats(); !s.Balanced() || s.Queued != 0 || s.InFlight != 0 {
			t.Errorf("the books do not balance after Shutdown: %+v", s)
		}
	})
	return l
}

// end shuts the pipeline down and holds its ledger against what the Collector wrote.
// It returns both.
func (l *pipeline) end(t testing.TB, c *rig.Collector) (processor.Stats, rig.Tally) {
	t.Helper()
	ctx, cancel := withPatience(t)
	defer cancel()
	if err := l.shutdown(ctx); err != nil {
		t.Error(err)
	}
	tally, err := rig.Count(arrived(t, c))
	if err != nil {
		t.Error(err)
	}
	s := l.processor.Stats()
	if err := rig.Reconcile(s, l.Emitted(), tally); err != nil {
		t.Error(err)
	}
	return s, tally
}

// flush waits until all that was emitted has been exported, or has failed to be.
func (l *pipeline) flush(t testing.TB) error {
	t.Helper()
	ctx, cancel := withPatience(t)
	defer cancel()
	return l.processor.ForceFlush(ctx)
}
