package processor

import (
	"context"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// start returns a processor whose ledger is checked when the test ends: it is shut down,
// unless the test has done so, nothing may be left in it, and every record must be
// accounted for. For exporters that are test doubles it also checks that they were never
// called concurrently with themselves, nor after they were shut down, and that no batch
// was changed while they held it.
func start(t testing.TB, exporter sdklog.Exporter, opts ...Option) *Processor {
	t.Helper()
	p := New(exporter, opts...)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = p.Shutdown(ctx) // what it loses is in the ledger
		checkLedger(t, p)
	})
	return p
}

func checkLedger(t testing.TB, p *Processor) {
	t.Helper()
	s := p.Stats()
	// Late records of the test may still be pending in the fallback.
	for deadline := time.Now().Add(5 * time.Second); s.InFlight > 0 && time.Now().Before(deadline); s = p.Stats() {
		time.Sleep(time.Millisecond)
	}
	if !s.Balanced() || s.Queued != 0 || s.InFlight != 0 {
		t.Errorf("the ledger does not balance after Shutdown: %+v", s)
	}
	var exported uint64
	for _, e := range s.Exporters {
		exported += e.Exported
	}
	if exported != s.Exported {
		t.Errorf("exporters took %d records, %d are counted as exported", exported, s.Exported)
	}
	for _, l := range p.exporters {
		e, ok := l.exporter.(*exportertest.Exporter)
		if !ok {
			continue
		}
		if n := e.MaxConcurrent(); n > 1 {
			t.Errorf("%d exports at the same time on one exporter", n)
		}
		if n := e.ExportsAfterShutdown(); n > 0 {
			t.Errorf("%d exports after the exporter's Shutdown", n)
		}
		if n := e.Overwritten(); n > 0 {
			t.Errorf("%d batches were changed while the exporter held them", n)
		}
	}
}

// once disables retries, for tests of what happens after a final failure.
var once = WithRetry(RetryConfig{Disabled: true})
