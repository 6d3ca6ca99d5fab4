package envconfig_test

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tailscale/hujson"

	"github.com/krunchwrapper/asynclog/envconfig"
)

var placeLine = regexp.MustCompile(`^etc/test\.jsonc:([1-9][0-9]*:[1-9][0-9]*: .| and [1-9][0-9]* more errors$)`)

// FuzzFile: for any content of the file, Load returns a valid Config. Each line of its
// error begins with a position and is safe for a terminal. A file without an error has the
// meaning that encoding/json gives it.
func FuzzFile(f *testing.F) {
	for _, text := range []string{
		"", "{}", "[]", "null", "{\"logging\": {}}", "// c", "/*", "\ufeff{}", "{\"a\":1,,}",
		`{"logging": {"verbose_logging": true, "async_logging": {"enabled": false, "queue_size": 1e4, "batch_size": 50, "worker_timeout": 0.1}}} // x`,
		asyncFile(`"queue_size": 0, "queue_size": -1, "batch_size": 1e400, "worker_timeout": 1e-400, "worker": null, "enabled": "true"`),
		asyncFile(`"queue\u005fsize": 5, "` + "\x1b[31m" + `": 1, "\ud800": 2`),
		strings.Repeat(`{"logging":`, 100) + "1" + strings.Repeat("}", 100),
		"{\"logging\": {\n\t\"verbose_logging\": /* ü */ 1\r\n}}", "{\"Logging\": {}}", "{'logging': 1}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		w := withFile(string(text))
		c, err := w.load()
		checkValid(t, c)
		if len(w.reports) != 0 {
			t.Errorf("reported %v", w.reports)
		}
		if err == nil {
			checkMeaning(t, c, text)
			return
		}
		for line := range strings.SplitSeq(err.Error(), "\n") {
			if !placeLine.MatchString(line) || len(line) > 1000 || !utf8.ValidString(line) || strings.ContainsFunc(line, isControl) {
				t.Errorf("line %q", line)
			}
		}
	})
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// checkMeaning compares the Config with the values that the standard library reads in
// text.
func checkMeaning(t *testing.T, c envconfig.Config, text []byte) {
	t.Helper()
	standard, err := hujson.Standardize(append([]byte(strings.TrimPrefix(string(text), "\ufeff")), '\n'))
	if err != nil {
		t.Fatalf("Load takes it, hujson does not: %v", err)
	}
	// Maps, because a struct would also accept keys in another case.
	logging := members(t, members(t, standard)["logging"])
	async := members(t, logging["async_logging"])

	want := (&world{}).mustLoad(t)
	read(t, logging["verbose_logging"], &want.Verbose)
	read(t, async["enabled"], &want.Async)
	var queue, batch, timeout *float64
	read(t, async["queue_size"], &queue)
	read(t, async["batch_size"], &batch)
	if raw := async["worker_timeout"]; raw != nil && json.Unmarshal(raw, &timeout) != nil {
		timeout = new(float64)
		*timeout = math.Inf(1) // all that the syntax allows and float64 cannot hold
	}

	wantQueue, wantBatch := float64(want.QueueSize), float64(want.BatchSize)
	if queue != nil {
		wantQueue = math.Min(*queue, math.MaxInt/2)
	}
	if batch != nil {
		wantBatch = *batch
	}
	wantBatch = math.Min(wantBatch, math.Min(wantQueue, 65_536))
	wantSeconds := want.ExportInterval.Seconds()
	if timeout != nil {
		wantSeconds = math.Min(*timeout, float64(math.MaxInt64)/1e9)
	}
	if c.Verbose != want.Verbose || c.Async != want.Async ||
		!near(float64(c.QueueSize), wantQueue) || !near(float64(c.BatchSize), wantBatch) ||
		(!near(c.ExportInterval.Seconds(), wantSeconds) && math.Abs(c.ExportInterval.Seconds()-wantSeconds) > 1e-9) {
		t.Errorf("%q is read as\n%s\nwant %v %v %v %v %v", text, c, want.Verbose, want.Async, wantQueue, wantBatch, wantSeconds)
	}
}

// near compares with the precision of a float64.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) }

func members(t *testing.T, raw json.RawMessage) map[string]json.RawMessage {
	t.Helper()
	var m map[string]json.RawMessage
	read(t, raw, &m)
	return m
}

func read(t *testing.T, raw json.RawMessage, into any) {
	t.Helper()
	if raw == nil {
		return
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("Load takes %s, encoding/json does not: %v", raw, err)
	}
}

// FuzzVariables: for any variables and arguments, Load returns a valid Config and no
// error, and reports each ignored value once.
func FuzzVariables(f *testing.F) {
	f.Add("production", "true", "INFO", "true", "1", "10000", "2048", "512", "1000", "30000", "--debug")
	f.Add("", "", "", "", "", "", "", "", "", "", "")
	f.Add(" Production\n", "express:*", "trace+2", "YES", "off", "1e9", " 5", "-1", "99999999999999999999", "NaN", "--debug=\ntrue")
	f.Add("staging", "1", "ERROR-9223372036854775808", "2", "\x00", "0", "9223372036854775807", "65537", "0", "9223372036855", "--")
	f.Fuzz(func(t *testing.T, environment, debug, level, async, verbose, queue, otelQueue, batch, delay, timeout, arg string) {
		w := &world{
			environ: map[string]string{
				"KRUNCHWRAPPER_ENV": environment, "DEBUG": debug, "KRUNCHWRAPPER_LOG_LEVEL": level,
				"KRUNCHWRAPPER_GLOBAL_ASYNC_LOGGING": async, "KRUNCHWRAPPER_VERBOSE": verbose,
				"ASYNC_LOG_QUEUE_SIZE": queue, "OTEL_BLRP_MAX_QUEUE_SIZE": otelQueue, "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": batch,
				"OTEL_BLRP_SCHEDULE_DELAY": delay, "OTEL_BLRP_EXPORT_TIMEOUT": timeout,
			},
			args: []string{arg},
		}
		c, err := w.load()
		if err != nil {
			t.Errorf("error %v", err)
		}
		checkValid(t, c)

		s, ignored := c.Sources, 0
		for _, source := range []envconfig.Source{
			s.Environment, s.Level, s.Async, s.Verbose, s.QueueSize, s.BatchSize, s.ExportInterval, s.ExportTimeout,
		} {
			ignored += len(source.Ignored)
			if source.Origin() == envconfig.FromVariable && strings.TrimSpace(w.environ[source.Name]) == "" {
				t.Errorf("source %s, which has no value", source)
			}
		}
		if ignored != len(w.reports) {
			t.Errorf("%d values ignored, reported %v", ignored, w.reports)
		}
		for _, err := range w.reports {
			if !errors.Is(err, envconfig.ErrInvalid) || len(err.Error()) > 2000 || strings.ContainsFunc(err.Error(), isControl) {
				t.Errorf("reported %q", err)
			}
		}
	})
}
