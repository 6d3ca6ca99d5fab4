package processor

import (
	"bytes"
	"io"
	"math"
	"os"
	"runtime"
	"testing"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/env"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// limits are the four settings that the SDK's batch processor has, too.
type limits struct {
	queue, batch      int
	interval, timeout time.Duration
}

var defaultLimits = limits{queue: 2048, batch: 512, interval: time.Second, timeout: 30 * time.Second}

func limitsOf(c config) limits {
	return limits{queue: c.maxQueueSize, batch: c.maxBatchSize, interval: c.exportInterval, timeout: c.exportTimeout}
}

// setLimitEnv sets the variables, and hides those of the machine that runs the test:
// empty counts as unset.
func setLimitEnv(t *testing.T, values map[string]string) {
	t.Helper()
	for _, key := range []string{env.BLRPMaxQueueSize, env.BLRPMaxExportBatchSize, env.BLRPScheduleDelay, env.BLRPExportTimeout} {
		t.Setenv(key, values[key])
	}
}

// The first cases are those of TestNewBatchConfig of sdk/log v1.47.0: users who replace
// one processor by the other expect the same values to mean the same.
func TestLimitsFollowTheSDK(t *testing.T) {
	for _, tc := range []struct {
		name    string
		env     map[string]string
		options []Option
		want    limits
	}{
		{name: "defaults", want: defaultLimits},
		{
			name: "options",
			options: []Option{
				WithMaxQueueSize(10), WithExportInterval(time.Microsecond), WithExportTimeout(time.Hour),
				WithExportMaxBatchSize(2), WithExportBufferSize(3),
			},
			want: limits{10, 2, time.Microsecond, time.Hour},
		},
		{
			name: "environment",
			env: map[string]string{
				env.BLRPMaxQueueSize: "10", env.BLRPScheduleDelay: "100",
				env.BLRPExportTimeout: "1000", env.BLRPMaxExportBatchSize: "1",
			},
			want: limits{10, 1, 100 * time.Millisecond, time.Second},
		},
		{
			name: "invalid options",
			options: []Option{
				WithMaxQueueSize(-11), WithExportInterval(-1 * time.Microsecond), WithExportTimeout(-1 * time.Hour),
				WithExportMaxBatchSize(-2), WithExportBufferSize(-2),
			},
			want: defaultLimits,
		},
		{
			name: "invalid environment",
			env: map[string]string{
				env.BLRPMaxQueueSize: "-1", env.BLRPScheduleDelay: "-1",
				env.BLRPExportTimeout: "-1", env.BLRPMaxExportBatchSize: "-1",
			},
			want: defaultLimits,
		},
		{
			name: "an option goes before the environment",
			env: map[string]string{
				env.BLRPMaxQueueSize: "1", env.BLRPScheduleDelay: "100",
				env.BLRPExportTimeout: "1000", env.BLRPMaxExportBatchSize: "10",
			},
			options: []Option{
				WithMaxQueueSize(3), WithExportInterval(time.Microsecond), WithExportTimeout(time.Hour),
				WithExportMaxBatchSize(2), WithExportBufferSize(2),
			},
			want: limits{3, 2, time.Microsecond, time.Hour},
		},
		{
			name:    "a batch is no larger than the queue",
			options: []Option{WithMaxQueueSize(1), WithExportMaxBatchSize(10), WithExportBufferSize(3)},
			want:    limits{1, 1, time.Second, 30 * time.Second},
		},
		{
			name:    "the default batch is no larger than the queue of an option",
			options: []Option{WithMaxQueueSize(1)},
			want:    limits{1, 1, time.Second, 30 * time.Second},
		},
		{
			name: "the default batch is no larger than the queue of the environment",
			env:  map[string]string{env.BLRPMaxQueueSize: "1"},
			want: limits{1, 1, time.Second, 30 * time.Second},
		},
		// The cases from here on are not in the SDK's table.
		{
			name: "an invalid option leaves it to the environment",
			env: map[string]string{
				env.BLRPMaxQueueSize: "7", env.BLRPScheduleDelay: "8",
				env.BLRPExportTimeout: "9", env.BLRPMaxExportBatchSize: "6",
			},
			options: []Option{
				WithMaxQueueSize(0), WithExportInterval(0), WithExportTimeout(-1), WithExportMaxBatchSize(0),
			},
			want: limits{7, 6, 8 * time.Millisecond, 9 * time.Millisecond},
		},
		{
			name:    "the last option wins, also an invalid one",
			options: []Option{WithMaxQueueSize(5), WithMaxQueueSize(9), WithExportInterval(time.Hour), WithExportInterval(-1)},
			want:    limits{9, 9, time.Second, 30 * time.Second},
		},
		{
			name:    "one is a valid value",
			options: []Option{WithMaxQueueSize(1), WithExportMaxBatchSize(1), WithExportInterval(1), WithExportTimeout(1)},
			want:    limits{1, 1, 1, 1},
		},
		{
			name:    "a nil option is none",
			options: []Option{nil, WithMaxQueueSize(3), nil},
			want:    limits{3, 3, time.Second, 30 * time.Second},
		},
		{
			name:    "a batch has an upper limit",
			options: []Option{WithMaxQueueSize(math.MaxInt), WithExportMaxBatchSize(math.MaxInt)},
			want:    limits{math.MaxInt / 2, queue.MaxBatchSize, time.Second, 30 * time.Second},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			setLimitEnv(t, tc.env)
			if got := limitsOf(newConfig(nil, tc.options)); got != tc.want {
				t.Errorf("limits %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestEnvironmentThatIsNoNumberIsReportedAndIgnored(t *testing.T) {
	errs := captureErrors(t)
	// Each value is reported once a process, so it must be one that was never used
	// before.
	setLimitEnv(t, map[string]string{env.BLRPMaxQueueSize: "size " + time.Now().String()})
	if got := limitsOf(newConfig(nil, nil)); got != defaultLimits {
		t.Errorf("limits %+v, want the defaults", got)
	}
	if got := errs.matching(env.ErrInvalid); len(got) != 1 {
		t.Errorf("%d reports, want 1: %v", len(got), got)
	}
}

func TestDefaultsOfWhatTheSDKHasNot(t *testing.T) {
	c := newConfig(nil, nil)
	if c.overflow != DropNewest || c.fallback != io.Writer(os.Stderr) || c.critical != log.SeverityError {
		t.Errorf("overflow %v, fallback %v, critical %v; want DropNewest, standard error, ERROR",
			c.overflow, c.fallback, c.critical)
	}
	if c.minSeverity != nil || c.dropHook != nil || c.synchronous || c.meterProvider == nil {
		t.Errorf("minimum %v, hook %t, synchronous %t, meter provider %v; want none, none, false, the global one",
			c.minSeverity, c.dropHook != nil, c.synchronous, c.meterProvider)
	}
}

func TestNilRestoresTheDefaults(t *testing.T) {
	c := newConfig(nil, []Option{
		WithMinSeverity(fixed(log.SeverityWarn)), WithMinSeverity(nil),
		WithDropHook(func(Drop) {}), WithDropHook(nil),
		WithMeterProvider(nil),
		WithFallback(&bytes.Buffer{}), WithFallback(nil),
	})
	if c.minSeverity != nil || c.dropHook != nil || c.meterProvider == nil || c.fallback != nil {
		t.Errorf("minimum %v, hook %t, meter provider %v, fallback %v", c.minSeverity, c.dropHook != nil, c.meterProvider, c.fallback)
	}
}

func TestHugeValuesNeitherPanicNorAllocate(t *testing.T) {
	const most = 4 << 20 // two batches of the default size, and change
	for name, opts := range map[string][]Option{
		"queue": {WithMaxQueueSize(math.MaxInt)},
		"times": {WithExportInterval(math.MaxInt64), WithExportTimeout(math.MaxInt64), WithOverflow(Block(math.MaxInt64))},
		"batch": {WithMaxQueueSize(100), WithExportMaxBatchSize(math.MaxInt)},
		"exporters, each with a huge queue": {
			WithMaxQueueSize(math.MaxInt), WithExporters(exportertest.New(), exportertest.New()),
		},
		"synchronous": {WithSynchronous(), WithMaxQueueSize(math.MaxInt), WithExportTimeout(math.MaxInt64)},
	} {
		t.Run(name, func(t *testing.T) {
			setLimitEnv(t, nil)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			e := exportertest.New()
			p := start(t, e, opts...)
			emit(p, log.SeverityInfo, "a")
			emit(p, log.SeverityError, "b")
			if err := p.ForceFlush(t.Context()); err != nil {
				t.Error(err)
			}
			runtime.ReadMemStats(&after)
			if s := p.Stats(); s.Exported != 2 {
				t.Errorf("%+v, want 2 exported", s)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > most {
				t.Errorf("%d bytes allocated, want less than %d", got, most)
			}
		})
	}
}

// A timeout that is shorter than any export is no reason to refuse a record that need not
// wait.
func TestShortestTimeoutStillExports(t *testing.T) {
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			e := exportertest.New(exportertest.WithDeafness())
			p := start(t, e, append(opts, WithExportTimeout(1))...)
			emit(p, log.SeverityInfo, bodyRange(0, 200)...)
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			wantBodies(t, e, bodyRange(0, 200))
		})
	}
}

func TestOverflowIsNamed(t *testing.T) {
	for _, tc := range []struct {
		overflow Overflow
		want     string
	}{
		{Overflow{}, "DropNewest"},
		{DropNewest, "DropNewest"},
		{DropOldest, "DropOldest"},
		{DropLowest, "DropLowest"},
		{Block(1500 * time.Millisecond), "Block(1.5s)"},
		{Block(0), "DropNewest"},
		{Block(-time.Second), "DropNewest"},
	} {
		if got := tc.overflow.String(); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}
