package integration_test

import (
	"context"
	"flag"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/processor"
)

// TestMain removes OpenTelemetry's variables from the environment of the tests. The tests
// wait most of their time, so more of them run at once than there are processors.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "8"); err != nil { // before a -parallel is read
		panic(err)
	}
	for _, pair := range os.Environ() {
		if key, _, _ := strings.Cut(pair, "="); strings.HasPrefix(key, "OTEL_") {
			_ = os.Unsetenv(key)
		}
	}
	os.Exit(m.Run())
}

// testTimeout bounds operations that are normally fast: starting, stopping and flushing,
// on a busy machine.
const testTimeout = 60 * time.Second

// overBoth runs a test over each protocol.
func overBoth(t *testing.T, test func(*testing.T, rig.Protocol)) {
	for _, p := range rig.Protocols {
		t.Run(p.Name, func(t *testing.T) { test(t, p) })
	}
}

func newExporter(t testing.TB, over rig.Protocol, addr string) sdklog.Exporter {
	t.Helper()
	e, err := over.Exporter(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	return e
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
			t.Logf("output of the Collector:\n%s", c.Output())
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
	ctx, cancel := withTimeout(t)
	defer cancel()
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
}

// stop ends the Collector, so that its files are complete.
func stop(t testing.TB, c *rig.Collector) {
	t.Helper()
	ctx, cancel := withTimeout(t)
	defer cancel()
	if err := c.Stop(ctx); err != nil {
		t.Fatal(err)
	}
}

// arrived stops the Collector and returns the records that it wrote.
func arrived(t testing.TB, c *rig.Collector) []rig.Record {
	t.Helper()
	stop(t, c)
	records, err := c.Records()
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// count stops the Collector and counts the records that it wrote.
func count(t testing.TB, c *rig.Collector, emitted int64) rig.Arrivals {
	t.Helper()
	stop(t, c)
	arrivals, err := c.Count(emitted)
	if err != nil {
		t.Error(err)
	}
	return arrivals
}

func withTimeout(t testing.TB) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(context.Background(), testTimeout)
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

// newPipeline returns a pipeline whose ledger is checked when the test ends: the pipeline
// is shut down, unless the test has done so, it must be empty, and every record must be
// accounted for. It has no fallback unless the options set one.
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
		ctx, cancel := withTimeout(t)
		defer cancel()
		_ = l.shutdown(ctx) // the ledger has what it loses
		if s := p.Stats(); !s.Balanced() || s.Queued != 0 || s.InFlight != 0 {
			t.Errorf("the ledger does not balance after Shutdown: %+v", s)
		}
	})
	return l
}

// closeAndCheck shuts the pipeline down and compares its ledger with the records that the
// Collector wrote. It returns both.
func (l *pipeline) closeAndCheck(t testing.TB, c *rig.Collector) (processor.Stats, rig.Arrivals) {
	t.Helper()
	ctx, cancel := withTimeout(t)
	defer cancel()
	if err := l.shutdown(ctx); err != nil {
		t.Error(err)
	}
	arrivals := count(t, c, l.Emitted())
	s := l.processor.Stats()
	if err := rig.Reconcile(s, l.Emitted(), arrivals.Distinct()); err != nil {
		t.Error(err)
	}
	return s, arrivals
}

// flush waits until the export of every emitted record has succeeded or failed.
func (l *pipeline) flush(t testing.TB) error {
	t.Helper()
	ctx, cancel := withTimeout(t)
	defer cancel()
	return l.processor.ForceFlush(ctx)
}

// emitAndFlush emits n records and waits until they have been exported.
func (l *pipeline) emitAndFlush(t testing.TB, n int) {
	t.Helper()
	l.Emit(t.Context(), 0, n)
	if err := l.flush(t); err != nil {
		t.Fatal(err)
	}
}

// waitEmpty waits until nothing is left in the pipeline. Unlike flush, it does not return
// when an export has failed and will be retried.
func (l *pipeline) waitEmpty(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(testTimeout); ; time.Sleep(10 * time.Millisecond) {
		s := l.processor.Stats()
		if s.Queued == 0 && s.InFlight == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the pipeline is not empty: %+v", s)
		}
		l.processor.ExportNow()
	}
}

// longVariable is the environment variable that enables the tests that take minutes.
// "make outage-proof" sets it.
const longVariable = "ASYNCLOG_LONG"

func onlyLong(t *testing.T) {
	t.Helper()
	if os.Getenv(longVariable) == "" {
		t.Skipf("this test takes minutes: set %s=1", longVariable)
	}
}
