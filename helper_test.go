package asynclog_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	otellog "go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

// asChild is the environment variable with the name of the program that the test binary
// runs instead of the tests; see child_test.go.
const asChild = "ASYNCLOG_TEST_CHILD"

func TestMain(m *testing.M) {
	if name := os.Getenv(asChild); name != "" {
		children[name]()
		return
	}
	// The results must not depend on the environment of the tests.
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if name == "DEBUG" || strings.HasPrefix(name, "KRUNCHWRAPPER_") ||
			strings.HasPrefix(name, "ASYNC_LOG_") || strings.HasPrefix(name, "OTEL_") {
			_ = os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}

// start starts a pipeline with an exporter that keeps its records. When the test ends,
// the pipeline is shut down if the test has not done so, its ledger must balance, and all
// logging must be as before.
func start(t testing.TB, opts ...asynclog.Option) (*asynclog.Pipeline, *exportertest.Exporter) {
	t.Helper()
	exporter := exportertest.New()
	return startWith(t, exporter, opts...), exporter
}

func startWith(t testing.TB, exporter sdklog.Exporter, opts ...asynclog.Option) *asynclog.Pipeline {
	t.Helper()
	exportertest.NoLeaks(t)
	before := loggingNow()
	p, err := asynclog.Start(t.Context(), append([]asynclog.Option{asynclog.WithExporter(exporter)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Shutdown(context.Background()) // lost records are in the ledger
		checkLedger(t, p)
		before.wantNow(t)
	})
	return p
}

func checkLedger(t testing.TB, p *asynclog.Pipeline) {
	t.Helper()
	s := p.Statistics().AsyncLogging
	for deadline := time.Now().Add(5 * time.Second); s.InFlight > 0 && time.Now().Before(deadline); s = p.Statistics().AsyncLogging {
		time.Sleep(time.Millisecond) // the fallback may still be writing
	}
	if !s.Balanced() || s.Queued != 0 || s.InFlight != 0 {
		t.Errorf("the ledger does not balance after Shutdown: %+v", s)
	}
}

// logging is the logging state that a process has only once.
type logging struct {
	slog     *slog.Logger
	writer   any
	prefix   string
	flags    int
	provider otellog.LoggerProvider
	errors   otel.ErrorHandler
}

func loggingNow() logging {
	return logging{slog.Default(), log.Writer(), log.Prefix(), log.Flags(), otel.GetLoggerProvider(), otel.GetErrorHandler()}
}

func (l logging) wantNow(t testing.TB) {
	t.Helper()
	if now := loggingNow(); now != l {
		t.Errorf("logging is not as before:\n%+v, want\n%+v", now, l)
	}
}

// flushed exports all records logged so far, and returns all exported records.
func flushed(t testing.TB, p *asynclog.Pipeline, e *exportertest.Exporter) []sdklog.Record {
	t.Helper()
	if err := p.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	return e.Records()
}

func bodies(records []sdklog.Record) []string {
	texts := make([]string, len(records))
	for i := range records {
		texts[i] = records[i].Body().AsString()
	}
	return texts
}

// attr returns the text of a record's attribute; "" if it has none of that key.
func attr(r *sdklog.Record, key string) (value string) {
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		if string(kv.Key) == key {
			value = kv.Value.String()
		}
		return true
	})
	return value
}

func tempFile(t testing.TB) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func contents(t testing.TB, f *os.File) string {
	t.Helper()
	text, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// caught is an ErrorHandler that keeps its errors.
type caught struct {
	mu   sync.Mutex
	errs []error
}

// catchErrors installs a caught as OpenTelemetry's ErrorHandler for the test.
func catchErrors(t testing.TB) *caught {
	t.Helper()
	before, c := otel.GetErrorHandler(), &caught{}
	otel.SetErrorHandler(c)
	t.Cleanup(func() { otel.SetErrorHandler(before) })
	return c
}

func (c *caught) Handle(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs = append(c.errs, err)
}

// text returns all errors, one a line.
func (c *caught) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(errors.Join(c.errs...))
}

func correlated(ctx context.Context, id string) context.Context {
	return bridge.ContextWithCorrelationID(ctx, id)
}

// withoutRetry makes a failed export final: it is not retried, and no gap record, which
// would be an export that the test has not planned, is logged.
func withoutRetry() asynclog.Option {
	return asynclog.WithProcessorOptions(
		processor.WithRetry(processor.RetryConfig{Disabled: true}), processor.WithGapRecords(false))
}
