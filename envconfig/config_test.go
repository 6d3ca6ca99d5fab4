package envconfig_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric/noop"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/internal/severity"
	"github.com/krunchwrapper/asynclog/processor"
)

func TestString(t *testing.T) {
	w := &world{
		environ: map[string]string{
			"KRUNCHWRAPPER_CONFIG":     path,
			"DEBUG":                    "true",
			"KRUNCHWRAPPER_VERBOSE":    "off",
			"ASYNC_LOG_QUEUE_SIZE":     "many",
			"OTEL_BLRP_MAX_QUEUE_SIZE": "100",
		},
		files: map[string]string{path: "{\n  \"logging\": {\"async_logging\": {\n    \"worker_timeout\": 0.25\n  }}\n}\n"},
	}
	c, err := w.load(envconfig.WithExportTimeout(5 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	const want = `
environment      development     detected: DEBUG=true
level            DEBUG           profile development
async            true            profile development
verbose          false           variable KRUNCHWRAPPER_VERBOSE
queue size       100             variable OTEL_BLRP_MAX_QUEUE_SIZE; ignored ASYNC_LOG_QUEUE_SIZE="many"
batch size       100             profile development; 512 lowered to the queue size
export interval  250ms           file etc/test.jsonc:3:23
export timeout   5s              option WithExportTimeout
file             etc/test.jsonc  variable KRUNCHWRAPPER_CONFIG
`
	if got := "\n" + c.String(); got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
	if got := fmt.Sprint(c); got != c.String() {
		t.Errorf("printed as %s", got)
	}
}

// TestStringWithoutLoad: a Config made by hand has no sources.
func TestStringWithoutLoad(t *testing.T) {
	if s := (envconfig.Config{QueueSize: 5}).String(); !strings.Contains(s, "queue size       5      unknown\n") {
		t.Errorf("got\n%s", s)
	}
}

// newProcessor makes a processor of the configuration. Its ledger must balance.
func newProcessor(t *testing.T, exporter sdklog.Exporter, c envconfig.Config, more ...processor.Option) *processor.Processor {
	t.Helper()
	opts := append(c.ProcessorOptions(), processor.WithMeterProvider(noop.NewMeterProvider()))
	p := processor.New(exporter, append(opts, more...)...)
	t.Cleanup(func() {
		if err := p.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if s := p.Stats(); !s.Balanced() {
			t.Errorf("the ledger does not balance: %+v", s)
		}
	})
	return p
}

// TestProcessorOptions: the processor follows the Config.
func TestProcessorOptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		exp := exportertest.New()
		c := (&world{}).mustLoad(t,
			envconfig.WithQueueSize(100), envconfig.WithBatchSize(10), envconfig.WithLevel(slog.LevelWarn),
			envconfig.WithExportInterval(70*time.Second), envconfig.WithExportTimeout(90*time.Second))
		p := newProcessor(t, exp, c)
		if got := p.Stats().Capacity; got != 100 {
			t.Errorf("capacity %d, want the queue size", got)
		}

		begin := time.Now()
		for range 13 {
			r := exportertest.Record(log.SeverityWarn, "kept")
			p.OnEmit(ctx, &r)
		}
		info := exportertest.Record(log.SeverityInfo4, "filtered")
		p.OnEmit(ctx, &info)
		if err := exp.WaitRecords(ctx, 13); err != nil {
			t.Fatal(err)
		}

		var sizes []int
		for _, batch := range exp.Batches() {
			sizes = append(sizes, len(batch))
		}
		if !slices.Equal(sizes, []int{10, 3}) {
			t.Errorf("batches of %v, want a full one of 10, and the rest after the interval", sizes)
		}
		if waited := time.Since(begin); waited != 70*time.Second {
			t.Errorf("the rest waited %v, want the export interval", waited)
		}
		if deadline, ok := exp.LastDeadline(); !ok || deadline.Sub(begin) != (70+90)*time.Second {
			t.Errorf("deadline after %v, want the export timeout", deadline.Sub(begin))
		}
		if s := p.Stats(); s.Filtered != 1 {
			t.Errorf("%d filtered, want the one below WARN", s.Filtered)
		}
	})
}

// TestProcessorOptionsSynchronous: the caller exports.
func TestProcessorOptionsSynchronous(t *testing.T) {
	exp := exportertest.New()
	p := newProcessor(t, exp, (&world{}).mustLoad(t, envconfig.WithAsync(false)))
	r := exportertest.Record(log.SeverityInfo, "now")
	p.OnEmit(context.Background(), &r)
	if got := exp.Bodies(); !slices.Equal(got, []string{"now"}) {
		t.Errorf("exported %v when OnEmit has returned, want the record", got)
	}
}

// TestProcessorOptionsBeatVariables: the processor must not read the environment again.
func TestProcessorOptionsBeatVariables(t *testing.T) {
	t.Setenv("OTEL_BLRP_MAX_QUEUE_SIZE", "7")
	p := newProcessor(t, exportertest.New(), (&world{}).mustLoad(t))
	if got := p.Stats().Capacity; got != 50_000 {
		t.Errorf("capacity %d, want the 50,000 of the profile", got)
	}
}

// TestLargestBatch compares Load's limit with that of the processor.
func TestLargestBatch(t *testing.T) {
	const emitted = 70_000
	largest := 0
	exp := exportertest.New(exportertest.WithoutRecords(), exportertest.WithFunc(func(_ context.Context, records []sdklog.Record) error {
		largest = max(largest, len(records))
		return nil
	}))
	c := (&world{}).mustLoad(t, envconfig.WithQueueSize(emitted), envconfig.WithExportInterval(time.Hour))
	c.BatchSize = emitted // above Load's limit
	p := newProcessor(t, exp, c, processor.WithExportMaxBatchBytes(math.MaxInt))
	r := exportertest.Record(log.SeverityInfo, "one of many")
	for range emitted {
		p.OnEmit(context.Background(), &r)
	}
	if err := p.ForceFlush(context.Background()); err != nil {
		t.Fatal(err)
	}
	loaded := (&world{}).mustLoad(t, envconfig.WithQueueSize(emitted), envconfig.WithBatchSize(emitted))
	if loaded.BatchSize != largest {
		t.Errorf("Load allows batches of %d, the processor made one of %d", loaded.BatchSize, largest)
	}
}

// TestLevelsThroughOtelslog: with a minimum level exactly the slog records at and above it
// are exported, with the severity of the level's name.
func TestLevelsThroughOtelslog(t *testing.T) {
	for _, name := range []string{"TRACE", "DEBUG", "INFO", "INFO+2", "WARNING", "ERROR", "CRITICAL"} {
		level, err := envconfig.ParseLevel(name)
		if err != nil {
			t.Fatal(err)
		}
		exp := exportertest.New()
		p := newProcessor(t, exp, (&world{}).mustLoad(t, envconfig.WithLevel(level), envconfig.WithAsync(false)))
		logger := otelslog.NewLogger("test", otelslog.WithLoggerProvider(sdklog.NewLoggerProvider(sdklog.WithProcessor(p))))

		logger.Log(context.Background(), level, "at")
		if level > envconfig.LevelTrace { // below TRACE the severity is unspecified, and always accepted
			logger.Log(context.Background(), level-1, "below")
			if logger.Enabled(context.Background(), level-1) {
				t.Errorf("%s: the handler is enabled below", name)
			}
		}
		got := exp.Records()
		if len(got) != 1 || got[0].Severity() != severity.FromLevel(level) {
			t.Errorf("%s: %d records, want one of severity %v", name, len(got), severity.FromLevel(level))
		}
		if !logger.Enabled(context.Background(), level) {
			t.Errorf("%s: the handler is not enabled", name)
		}
	}
}
