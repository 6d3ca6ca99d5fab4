package processor

import (
	"bytes"
	"context"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

func enabled(p *Processor, s log.Severity) bool {
	return p.Enabled(context.Background(), sdklog.EnabledParameters{Severity: s})
}

// underPressure returns a processor with a queue of ten, of which eight are used, behind
// an exporter that is blocked.
func underPressure(t *testing.T, pc PressureConfig, opts ...Option) (p *Processor, e *exportertest.Exporter, release func()) {
	t.Helper()
	p, e, release = blocked(t, 10, 2, append([]Option{WithPressure(pc)}, opts...)...)
	t.Cleanup(release)
	emit(p, log.SeverityInfo, bodyRange(2, 9)...)
	if p.Stats().Pressed {
		t.Fatal("under pressure with 7 of 10 records queued")
	}
	emit(p, log.SeverityInfo, body(9))
	return p, e, release
}

func TestPressureHoldsBackWhatMattersLess(t *testing.T) {
	p, _, _ := underPressure(t, PressureConfig{})
	for s, want := range map[log.Severity]bool{
		log.SeverityUndefined: true, // the specification: unspecified is not low
		log.SeverityTrace:     false,
		log.SeverityDebug:     false,
		log.SeverityDebug4:    false,
		log.SeverityInfo:      true,
		log.SeverityFatal4:    true,
	} {
		if got := enabled(p, s); got != want {
			t.Errorf("severity %v: enabled %t, want %t", s, got, want)
		}
	}
	if s := p.Stats(); !s.Pressed || s.Suppressed != 3 || s.Emitted != 10 || !s.Balanced() {
		t.Errorf("%+v, want 3 suppressed of 3, 10 emitted", s)
	}
}

// Pressure ends when the queue has come down to the low mark, not when it is below the
// high one.
func TestPressureEndsAtTheLowMark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Batches of two, one a second, with the first in flight: 8, 6, 4, …
		p := start(t, exportertest.New(exportertest.WithDelay(time.Second)), WithMaxQueueSize(10), WithExportMaxBatchSize(2),
			WithPressure(PressureConfig{High: 0.8, Low: 0.4}))
		emit(p, log.SeverityInfo, bodyRange(0, 2)...)
		synctest.Wait()
		emit(p, log.SeverityInfo, bodyRange(0, 8)...)
		for i, want := range []bool{false, false, true, true} {
			if got := enabled(p, log.SeverityDebug); got != want {
				t.Errorf("%d batches later: enabled %t, want %t", i, got, want)
			}
			time.Sleep(time.Second)
			synctest.Wait()
		}
	})
}

// Enabled is advice: a record that is logged all the same is accepted while it fits.
func TestPressureTakesWhatIsEmitted(t *testing.T) {
	p, e, release := underPressure(t, PressureConfig{})
	emit(p, log.SeverityTrace, "all the same")
	release()
	if err := p.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	wantBodies(t, e, append(bodyRange(0, 10), "all the same"))
}

// After Shutdown records are to be counted, not held back.
func TestPressureEndsWithShutdown(t *testing.T) {
	p, _, _ := underPressure(t, PressureConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = p.Shutdown(ctx)
	if s := p.Stats(); !enabled(p, log.SeverityDebug) || s.Pressed {
		t.Errorf("held back after Shutdown: %+v", s)
	}
}

// Critical records are never held back, whatever the configuration.
func TestPressureSparesCriticalRecords(t *testing.T) {
	p, _, _ := underPressure(t, PressureConfig{Severity: log.SeverityFatal}, WithFallback(&bytes.Buffer{}))
	if enabled(p, log.SeverityWarn4) || !enabled(p, log.SeverityError) {
		t.Error("want what is below ERROR held back, and no more")
	}
}

// The minimum severity is checked first, and is not pressure.
func TestPressureDoesNotCountWhatIsDisabledAnyway(t *testing.T) {
	p, _, _ := underPressure(t, PressureConfig{Severity: log.SeverityWarn}, WithMinSeverity(fixed(log.SeverityDebug)))
	if enabled(p, log.SeverityTrace) || enabled(p, log.SeverityInfo) {
		t.Error("enabled")
	}
	if p.Enabled(withExporting(t.Context()), sdklog.EnabledParameters{Severity: log.SeverityInfo}) {
		t.Error("enabled for an exporter")
	}
	if n := p.Stats().Suppressed; n != 1 {
		t.Errorf("%d suppressed, want the INFO", n)
	}
}

func TestPressureIsOptIn(t *testing.T) {
	for name, opts := range map[string][]Option{"": nil, "synchronous": {WithSynchronous(), WithPressure(PressureConfig{})}} {
		t.Run(name, func(t *testing.T) {
			reader, withReader := newReader()
			p := start(t, exportertest.New(), append(opts, withReader, WithMaxQueueSize(1))...)
			emit(p, log.SeverityInfo, "a", "b", "c")
			if s := p.Stats(); !enabled(p, log.SeverityTrace) || s.Pressed || s.Suppressed != 0 {
				t.Errorf("%+v, want nothing held back", s)
			}
			if _, ok := collect(t, reader)["asynclog.processor.suppressed"]; ok {
				t.Error("there is a metric for what was not asked for")
			}
		})
	}
}

func TestPressureMetric(t *testing.T) {
	reader, withReader := newReader()
	p, _, _ := underPressure(t, PressureConfig{}, withReader)
	for range 5 {
		enabled(p, log.SeverityDebug)
	}
	m := collect(t, reader)["asynclog.processor.suppressed"]
	points := m.Data.(metricdata.Sum[int64]).DataPoints
	if m.Unit != "{log_record}" || len(points) != 1 || points[0].Value != 5 {
		t.Errorf("%+v, want 5", m)
	}
}

func TestPressureConfigDefaults(t *testing.T) {
	nan := math.NaN()
	for _, tc := range []struct {
		given     PressureConfig
		high, low int // of 100
	}{
		{PressureConfig{}, 80, 50},
		{PressureConfig{High: nan, Low: nan}, 80, 50},
		{PressureConfig{High: math.Inf(1), Low: math.Inf(-1)}, 80, 50},
		{PressureConfig{High: 1.1, Low: 0.8}, 80, 50},
		{PressureConfig{High: 0.75}, 75, 50},
		{PressureConfig{High: 0.5}, 50, 25},
		{PressureConfig{High: 0.25, Low: 0.3}, 25, 12},
		{PressureConfig{High: 1, Low: 0.75}, 100, 75},
		{PressureConfig{Low: 0.25}, 80, 25},
		{PressureConfig{High: 0.001}, 1, 0},
	} {
		c := tc.given.withDefaults()
		if high, low := c.marks(100); high != tc.high || low != tc.low {
			t.Errorf("%+v: marks %d and %d, want %d and %d", tc.given, high, low, tc.high, tc.low)
		}
		if c.Severity != log.SeverityInfo {
			t.Errorf("severity %v", c.Severity)
		}
		for size := range 50 {
			if high, low := c.marks(size + 1); high < 1 || high > size+1 || low < 0 || low >= high {
				t.Errorf("marks %d and %d of %d", high, low, size+1)
			}
		}
	}
	if c := (PressureConfig{Severity: -1}).withDefaults(); c.Severity != log.SeverityInfo {
		t.Errorf("severity %v", c.Severity)
	}
}

func TestEnabledAllocatesNothing(t *testing.T) {
	p, _, _ := underPressure(t, PressureConfig{})
	if n := testing.AllocsPerRun(100, func() { enabled(p, log.SeverityDebug) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// No count is lost, however many goroutines call Enabled at the same time.
func TestPressureConcurrentSafe(t *testing.T) {
	p, _, release := underPressure(t, PressureConfig{})
	const goroutines, each = 8, 500
	var callers sync.WaitGroup
	for range goroutines {
		callers.Go(func() {
			for range each {
				if enabled(p, log.SeverityDebug) {
					t.Error("enabled")
				}
				_ = p.Stats()
			}
		})
	}
	callers.Wait()
	if n := p.Stats().Suppressed; n != goroutines*each {
		t.Errorf("%d suppressed, want %d", n, goroutines*each)
	}
	release()
	for range goroutines { // and while the queue fills and empties
		callers.Go(func() {
			for range each {
				if enabled(p, log.SeverityDebug) {
					emit(p, log.SeverityDebug, "a")
				}
			}
		})
	}
	callers.Wait()
	if err := p.ForceFlush(t.Context()); err != nil {
		t.Error(err)
	}
	if s := p.Stats(); s.Pressed || s.Suppressed+s.Emitted != 2*goroutines*each+10 {
		t.Errorf("%+v, want each call suppressed or emitted", s)
	}
}

// The marks of the largest possible size are in range, too.
func TestPressureMarksOfTheLargestSize(t *testing.T) {
	c := PressureConfig{High: 1, Low: 0.5}
	if high, low := c.marks(math.MaxInt); high != math.MaxInt || low != math.MaxInt/2+1 {
		t.Errorf("marks %d and %d", high, low)
	}
}
