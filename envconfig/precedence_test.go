package envconfig_test

import (
	"log/slog"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/envconfig"
)

func TestProfiles(t *testing.T) {
	for _, tc := range []struct {
		environment envconfig.Environment
		level       slog.Level
		queueSize   int
	}{
		{envconfig.Development, slog.LevelDebug, 20_000},
		{envconfig.Production, slog.LevelInfo, 50_000},
	} {
		c := (&world{}).mustLoad(t, envconfig.WithEnvironment(tc.environment))
		want := envconfig.Config{
			Environment:    tc.environment,
			Level:          tc.level,
			Async:          true,
			Verbose:        true,
			QueueSize:      tc.queueSize,
			BatchSize:      512,
			ExportInterval: time.Second,
			ExportTimeout:  30 * time.Second,
		}
		got := c
		got.Sources = envconfig.Sources{}
		if got.String() != want.String() {
			t.Errorf("%s: got\n%s\nwant\n%s", tc.environment, got, want)
		}
		for _, s := range []envconfig.Source{c.Sources.Level, c.Sources.Async, c.Sources.QueueSize, c.Sources.ExportTimeout} {
			if s.Origin() != envconfig.FromProfile || s.Name != string(tc.environment) {
				t.Errorf("%s: source %+v", tc.environment, s)
			}
		}
	}
}

// value is a value of the Config with its source.
type value struct {
	value  any
	source envconfig.Source
}

// TestPrecedence removes the strongest source of each value, one after the other.
func TestPrecedence(t *testing.T) {
	type step struct {
		source  string // as Source.String has it
		value   any
		option  envconfig.Option // this step is an option,
		environ [2]string        // or a variable,
		file    string           // or a file, or else the profile
	}
	for name, tc := range map[string]struct {
		get   func(envconfig.Config) value
		steps []step
	}{
		"Environment": {
			func(c envconfig.Config) value { return value{c.Environment, c.Sources.Environment} },
			[]step{
				{source: "option WithEnvironment", value: envconfig.Production, option: envconfig.WithEnvironment(envconfig.Production)},
				{source: "variable KRUNCHWRAPPER_ENV", value: envconfig.Development, environ: [2]string{"KRUNCHWRAPPER_ENV", "development"}},
				{source: "detected: nothing says development", value: envconfig.Production},
			},
		},
		"Level": {
			func(c envconfig.Config) value { return value{c.Level, c.Sources.Level} },
			[]step{
				{source: "option WithLevel", value: slog.LevelError, option: envconfig.WithLevel(slog.LevelError)},
				{source: "variable KRUNCHWRAPPER_LOG_LEVEL", value: slog.LevelWarn, environ: [2]string{"KRUNCHWRAPPER_LOG_LEVEL", "warn"}},
				{source: "profile production", value: slog.LevelInfo},
			},
		},
		"Async": {
			func(c envconfig.Config) value { return value{c.Async, c.Sources.Async} },
			[]step{
				{source: "option WithAsync", value: true, option: envconfig.WithAsync(true)},
				{source: "variable KRUNCHWRAPPER_GLOBAL_ASYNC_LOGGING", value: false, environ: [2]string{"KRUNCHWRAPPER_GLOBAL_ASYNC_LOGGING", "false"}},
				{source: "file etc/test.jsonc:1:43", value: false, file: asyncFile(`"enabled": false`)},
				{source: "profile production", value: true},
			},
		},
		"Verbose": {
			func(c envconfig.Config) value { return value{c.Verbose, c.Sources.Verbose} },
			[]step{
				{source: "option WithVerbose", value: true, option: envconfig.WithVerbose(true)},
				{source: "variable KRUNCHWRAPPER_VERBOSE", value: false, environ: [2]string{"KRUNCHWRAPPER_VERBOSE", "0"}},
				{source: "file etc/test.jsonc:2:33", value: false, file: "// ours\n{\"logging\": {\"verbose_logging\": false}}"},
				{source: "profile production", value: true},
			},
		},
		"QueueSize": {
			func(c envconfig.Config) value { return value{c.QueueSize, c.Sources.QueueSize} },
			[]step{
				{source: "option WithQueueSize", value: 1001, option: envconfig.WithQueueSize(1001)},
				{source: "variable ASYNC_LOG_QUEUE_SIZE", value: 1002, environ: [2]string{"ASYNC_LOG_QUEUE_SIZE", "1002"}},
				{source: "variable OTEL_BLRP_MAX_QUEUE_SIZE", value: 1003, environ: [2]string{"OTEL_BLRP_MAX_QUEUE_SIZE", "1003"}},
				{source: "file etc/test.jsonc:1:46", value: 1004, file: asyncFile(`"queue_size": 1004`)},
				{source: "profile production", value: 50_000},
			},
		},
		"BatchSize": {
			func(c envconfig.Config) value { return value{c.BatchSize, c.Sources.BatchSize} },
			[]step{
				{source: "option WithBatchSize", value: 11, option: envconfig.WithBatchSize(11)},
				{source: "variable OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", value: 12, environ: [2]string{"OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "12"}},
				{source: "file etc/test.jsonc:1:46", value: 13, file: asyncFile(`"batch_size": 13`)},
				{source: "profile production", value: 512},
			},
		},
		"ExportInterval": {
			func(c envconfig.Config) value { return value{c.ExportInterval, c.Sources.ExportInterval} },
			[]step{
				{source: "option WithExportInterval", value: time.Minute, option: envconfig.WithExportInterval(time.Minute)},
				{source: "variable OTEL_BLRP_SCHEDULE_DELAY", value: 250 * time.Millisecond, environ: [2]string{"OTEL_BLRP_SCHEDULE_DELAY", "250"}},
				{source: "file etc/test.jsonc:1:50", value: 100 * time.Millisecond, file: asyncFile(`"worker_timeout": 0.1`)},
				{source: "profile production", value: time.Second},
			},
		},
		"ExportTimeout": {
			func(c envconfig.Config) value { return value{c.ExportTimeout, c.Sources.ExportTimeout} },
			[]step{
				{source: "option WithExportTimeout", value: time.Hour, option: envconfig.WithExportTimeout(time.Hour)},
				{source: "variable OTEL_BLRP_EXPORT_TIMEOUT", value: 5 * time.Second, environ: [2]string{"OTEL_BLRP_EXPORT_TIMEOUT", "5000"}},
				{source: "profile production", value: 30 * time.Second},
			},
		},
		"File": {
			func(c envconfig.Config) value { return value{c.File, c.Sources.File} },
			[]step{
				{source: "option WithFile", value: path, option: envconfig.WithFile(path)},
				{source: "variable KRUNCHWRAPPER_CONFIG", value: "etc/other.jsonc", environ: [2]string{"KRUNCHWRAPPER_CONFIG", "etc/other.jsonc"}},
				{source: "detected: no config/config.jsonc", value: ""},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for i, want := range tc.steps {
				w := &world{environ: map[string]string{}, files: map[string]string{path: "{}", "etc/other.jsonc": "{}"}}
				var opts []envconfig.Option
				for _, s := range tc.steps[i:] {
					switch {
					case s.option != nil:
						opts = append(opts, s.option)
					case s.environ[0] != "":
						w.environ[s.environ[0]] = s.environ[1]
					case s.file != "":
						w.files[path] = s.file
						w.environ["KRUNCHWRAPPER_CONFIG"] = path
					}
				}
				got := tc.get(w.mustLoad(t, opts...))
				if got.value != want.value || got.source.String() != want.source {
					t.Errorf("%v from %q, want %v from %q", got.value, got.source, want.value, want.source)
				}
			}
		})
	}
}

func TestLastOptionWins(t *testing.T) {
	c := (&world{}).mustLoad(t, envconfig.WithQueueSize(7), nil, envconfig.WithQueueSize(8))
	if c.QueueSize != 8 {
		t.Errorf("queue size %d, want that of the last option", c.QueueSize)
	}
}

// TestLimits: Load lowers the values that the processor would lower, so that the Config
// shows it.
func TestLimits(t *testing.T) {
	for name, tc := range map[string]struct {
		opts                 []envconfig.Option
		queueSize, batchSize int
		queueNote, batchNote string
	}{
		"small queue": {
			opts:      []envconfig.Option{envconfig.WithQueueSize(100)},
			queueSize: 100, batchSize: 100, batchNote: "512 lowered to the queue size",
		},
		"huge batch": {
			opts:      []envconfig.Option{envconfig.WithQueueSize(1_000_000), envconfig.WithBatchSize(100_000)},
			queueSize: 1_000_000, batchSize: 65_536, batchNote: "100000 lowered to the largest possible value",
		},
		"huge batch, queue just larger than the limit": {
			opts:      []envconfig.Option{envconfig.WithQueueSize(65_537), envconfig.WithBatchSize(100_000)},
			queueSize: 65_537, batchSize: 65_536, batchNote: "100000 lowered to the largest possible value",
		},
		"huge batch, small queue": {
			opts:      []envconfig.Option{envconfig.WithQueueSize(10), envconfig.WithBatchSize(100_000)},
			queueSize: 10, batchSize: 10, batchNote: "100000 lowered to the queue size",
		},
		"huge queue": {
			opts:      []envconfig.Option{envconfig.WithQueueSize(math.MaxInt)},
			queueSize: math.MaxInt / 2, batchSize: 512, queueNote: "9223372036854775807 lowered to the largest possible value",
		},
		"in range": {
			opts:      []envconfig.Option{envconfig.WithQueueSize(65_536), envconfig.WithBatchSize(65_536)},
			queueSize: 65_536, batchSize: 65_536,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.queueNote != "" && math.MaxInt != math.MaxInt64 {
				t.Skip("the note names the largest int of 64 bits")
			}
			c := (&world{}).mustLoad(t, tc.opts...)
			if c.QueueSize != tc.queueSize || c.Sources.QueueSize.Adjusted != tc.queueNote {
				t.Errorf("queue size %d, %q; want %d, %q", c.QueueSize, c.Sources.QueueSize.Adjusted, tc.queueSize, tc.queueNote)
			}
			if c.BatchSize != tc.batchSize || c.Sources.BatchSize.Adjusted != tc.batchNote {
				t.Errorf("batch size %d, %q; want %d, %q", c.BatchSize, c.Sources.BatchSize.Adjusted, tc.batchSize, tc.batchNote)
			}
		})
	}
}

// TestIgnoredFallsThrough: if a value is not usable the next source decides, and the
// Source has the ignored value, even if a stronger source decides anyway.
func TestIgnoredFallsThrough(t *testing.T) {
	environ := map[string]string{
		"KRUNCHWRAPPER_CONFIG":     path,
		"ASYNC_LOG_QUEUE_SIZE":     "many",
		"OTEL_BLRP_MAX_QUEUE_SIZE": "0",
	}
	ignored := []string{`ASYNC_LOG_QUEUE_SIZE="many"`, `OTEL_BLRP_MAX_QUEUE_SIZE="0"`}

	w := &world{environ: environ, files: map[string]string{path: asyncFile(`"queue_size": 77`)}}
	c, err := w.load()
	if err != nil || c.QueueSize != 77 || !slices.Equal(c.Sources.QueueSize.Ignored, ignored) || len(w.reports) != 2 {
		t.Errorf("queue size %d from %s; error %v, reports %v", c.QueueSize, c.Sources.QueueSize, err, w.reports)
	}

	c, err = w.load(envconfig.WithQueueSize(78))
	if err != nil || c.QueueSize != 78 || !slices.Equal(c.Sources.QueueSize.Ignored, ignored) || len(w.reports) != 4 {
		t.Errorf("queue size %d from %s; error %v, reports %v", c.QueueSize, c.Sources.QueueSize, err, w.reports)
	}
}
