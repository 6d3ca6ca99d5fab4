package envconfig_test

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/krunchwrapper/asynclog/envconfig"
)

// TestVariables sets one variable to one value. want nil: the value is not usable, so the
// profile decides, and the value must be reported, unless it is empty or blank, which is
// the same as unset.
func TestVariables(t *testing.T) {
	const (
		async, verbose, level = "KRUNCHWRAPPER_GLOBAL_ASYNC_LOGGING", "KRUNCHWRAPPER_VERBOSE", "KRUNCHWRAPPER_LOG_LEVEL"
		environment           = "KRUNCHWRAPPER_ENV"
		queue                 = "ASYNC_LOG_QUEUE_SIZE"
		otelQueue, batch      = "OTEL_BLRP_MAX_QUEUE_SIZE", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"
		delay, timeout        = "OTEL_BLRP_SCHEDULE_DELAY", "OTEL_BLRP_EXPORT_TIMEOUT"
	)
	get := map[string]func(envconfig.Config) value{
		environment: func(c envconfig.Config) value { return value{c.Environment, c.Sources.Environment} },
		level:       func(c envconfig.Config) value { return value{envconfig.LevelName(c.Level), c.Sources.Level} },
		async:       func(c envconfig.Config) value { return value{c.Async, c.Sources.Async} },
		verbose:     func(c envconfig.Config) value { return value{c.Verbose, c.Sources.Verbose} },
		queue:       func(c envconfig.Config) value { return value{c.QueueSize, c.Sources.QueueSize} },
		otelQueue:   func(c envconfig.Config) value { return value{c.QueueSize, c.Sources.QueueSize} },
		batch:       func(c envconfig.Config) value { return value{c.BatchSize, c.Sources.BatchSize} },
		delay:       func(c envconfig.Config) value { return value{c.ExportInterval, c.Sources.ExportInterval} },
		timeout:     func(c envconfig.Config) value { return value{c.ExportTimeout, c.Sources.ExportTimeout} },
	}
	maxInt := strconv.Itoa(math.MaxInt)
	for _, tc := range []struct {
		key, value string
		want       any
	}{
		{environment, "production", envconfig.Production},
		{environment, "development", envconfig.Development},
		{environment, " Development\r\n", envconfig.Development},
		{environment, "", nil},
		{environment, " \t", nil},
		{environment, "staging", nil},
		{environment, "prod", nil},
		{environment, "production,development", nil},

		{level, "TRACE", "TRACE"},
		{level, "debug", "DEBUG"},
		{level, "Info", "INFO"},
		{level, "warn", "WARN"},
		{level, "WARNING", "WARN"},
		{level, "error", "ERROR"},
		{level, "fatal", "FATAL"},
		{level, "Critical", "FATAL"},
		{level, "INFO+2", "INFO+2"},
		{level, " error ", "ERROR"},
		{level, "", nil},
		{level, "  ", nil},
		{level, "loud", nil},
		{level, "10", nil},
		{level, "INFO+", nil},
		{level, "INFO 2", nil},
		{level, "TRACE-1", nil},
		{level, "FATAL+4", nil},
		{level, "INFO+9223372036854775807", nil},
		{level, "INFO+99999999999999999999", nil},

		{async, "true", true},
		{async, "TRUE", true},
		{async, "1", true},
		{async, "yes", true},
		{async, "on", true},
		{async, "false", false},
		{async, "False", false},
		{async, "0", false},
		{async, "no", false},
		{async, "off", false},
		{async, " false\r", false},
		{async, "", nil},
		{async, "   ", nil},
		{async, "maybe", nil},
		{async, "2", nil},
		{async, "-1", nil},
		{async, "t rue", nil},
		{async, "null", nil},
		{verbose, "no", false},
		{verbose, "1", true},
		{verbose, "", nil},
		{verbose, "verbose", nil},

		{queue, "1000", 1000},
		{queue, "+1000", 1000},
		{queue, " 1000 ", 1000},
		{queue, maxInt, math.MaxInt / 2},
		{queue, "", nil},
		{queue, "\n", nil},
		{queue, "0", nil},
		{queue, "-1", nil},
		{queue, "-99999999999999999999", nil},
		{queue, "9223372036854775808", nil},
		{queue, "99999999999999999999", nil},
		{queue, "many", nil},
		{queue, "NaN", nil},
		{queue, "Inf", nil},
		{queue, "1e9", nil},
		{queue, "1.5", nil},
		{queue, "0x10", nil},
		{queue, "1_000", nil},
		{queue, "1,000", nil},
		{queue, "true", nil},

		// OpenTelemetry's variables are read as its SDK reads them: without blanks.
		{otelQueue, "1000", 1000},
		{otelQueue, "", nil},
		{otelQueue, " 1000", nil},
		{otelQueue, " ", nil},
		{otelQueue, "0", nil},
		{otelQueue, "-5", nil},
		{otelQueue, "1e9", nil},
		{otelQueue, "99999999999999999999", nil},
		{batch, "1", 1},
		{batch, "65536", 50_000}, // the queue size
		{batch, maxInt, 50_000},
		{batch, "0", nil},
		{batch, "NaN", nil},
		{delay, "250", 250 * time.Millisecond},
		{delay, "9223372036855", time.Duration(math.MaxInt64)},
		{delay, "99999999999999999999", time.Duration(math.MaxInt64)},
		{delay, "0", nil},
		{delay, "-1", nil},
		{delay, "1s", nil},
		{delay, "0.5", nil},
		{delay, "1e9", nil},
		{timeout, "60000", time.Minute},
		{timeout, "", nil},
		{timeout, "0", nil},
		{timeout, "-99999999999999999999", nil},
		{timeout, "never", nil},
	} {
		t.Run(fmt.Sprintf("%s=%q", tc.key, tc.value), func(t *testing.T) {
			w := &world{environ: map[string]string{tc.key: tc.value}}
			c, err := w.load()
			if err != nil {
				t.Errorf("error %v: an environment variable can cause none", err)
			}
			checkValid(t, c)
			got := get[tc.key](c)

			if tc.want != nil {
				if got.value != tc.want || got.source.Name != tc.key || len(got.source.Ignored) != 0 {
					t.Errorf("%v from %s, want %v from the variable", got.value, got.source, tc.want)
				}
				if len(w.reports) != 0 {
					t.Errorf("reported %v", w.reports)
				}
				return
			}

			unset := get[tc.key]((&world{}).mustLoad(t))
			if got.value != unset.value || got.source.Name != unset.source.Name {
				t.Errorf("%v from %s, want %v as without the variable", got.value, got.source, unset.value)
			}
			blank := strings.TrimSpace(tc.value) == "" && !strings.HasPrefix(tc.key, "OTEL_")
			if tc.value == "" || blank {
				if len(w.reports) != 0 || len(got.source.Ignored) != 0 {
					t.Errorf("reported %v, ignored %v: it is the same as unset", w.reports, got.source.Ignored)
				}
				return
			}
			want := fmt.Sprintf("%s=%q", tc.key, tc.value)
			if len(got.source.Ignored) != 1 || got.source.Ignored[0] != want {
				t.Errorf("ignored %v, want %s", got.source.Ignored, want)
			}
			if len(w.reports) != 1 || !errors.Is(w.reports[0], envconfig.ErrInvalid) {
				t.Fatalf("reported %v, want one ErrInvalid", w.reports)
			}
			for _, part := range []string{want, "allowed: "} {
				if !strings.Contains(w.reports[0].Error(), part) {
					t.Errorf("report %q does not have %s", w.reports[0], part)
				}
			}
		})
	}
}

// TestLongValueIsCut: a message stays readable for any value of a variable.
func TestLongValueIsCut(t *testing.T) {
	w := &world{environ: map[string]string{
		"ASYNC_LOG_QUEUE_SIZE":     strings.Repeat("x", 100_000),
		"OTEL_BLRP_MAX_QUEUE_SIZE": strings.Repeat("9", 100_000),
	}}
	c, err := w.load()
	if err != nil || len(w.reports) != 2 {
		t.Fatalf("error %v, reports %v", err, w.reports)
	}
	for _, s := range []string{w.reports[0].Error(), w.reports[1].Error(), c.Sources.QueueSize.String()} {
		if len(s) > 500 {
			t.Errorf("%d bytes: %.100s…", len(s), s)
		}
	}
}

var serial atomic.Int64

// TestReportsOnceThroughOtel: by default Load reports to otel.Handle, and only once for
// each variable and value.
func TestReportsOnceThroughOtel(t *testing.T) {
	before := otel.GetErrorHandler()
	t.Cleanup(func() { otel.SetErrorHandler(before) })
	var reports []error
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { reports = append(reports, err) }))

	bad := fmt.Sprintf("never-seen-%d", serial.Add(1)) // once in the life of the process
	w := &world{environ: map[string]string{"KRUNCHWRAPPER_VERBOSE": bad, "OTEL_BLRP_SCHEDULE_DELAY": bad}}
	for range 3 {
		c, err := w.load(envconfig.WithErrorHandler(nil))
		if err != nil || len(c.Sources.Verbose.Ignored) != 1 {
			t.Errorf("error %v, source %s", err, c.Sources.Verbose)
		}
	}
	if len(reports) != 2 {
		t.Errorf("reported %v, want each variable once", reports)
	}
}
