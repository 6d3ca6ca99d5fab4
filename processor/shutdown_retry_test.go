package processor

import (
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// An export that is under way when Shutdown begins, and fails, was not the last attempt
// for its batch: there is time for one more.
func TestShutdownRetriesWhatWasUnderWay(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		release := e.Block()
		e.FailNext(1, syscall.ECONNRESET)
		p := start(t, e, WithExportInterval(time.Hour), WithFallback(nil))
		emit(p, log.SeverityInfo, "a")
		p.ExportNow()
		synctest.Wait()
		down := make(chan error, 1)
		go func() { down <- p.Shutdown(t.Context()) }()
		synctest.Wait()
		began := time.Now()
		release()
		if err := <-down; err != nil {
			t.Error(err)
		}
		if paused := time.Since(began); paused != 0 {
			t.Errorf("Shutdown waited for %v", paused)
		}
		wantBodies(t, e, []string{"a"})
	})
}

// An attempt that begins after Shutdown did is the last one: a receiver that is gone does
// not hold up the end of the program.
func TestShutdownMakesOneLastAttempt(t *testing.T) {
	captureErrors(t)
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		e.FailNext(10, syscall.ECONNREFUSED)
		p := start(t, e, WithExportInterval(time.Hour), WithFallback(nil))
		emit(p, log.SeverityInfo, "a")
		began := time.Now()
		if err := p.Shutdown(t.Context()); err == nil {
			t.Error("no error")
		}
		if took := time.Since(began); took != 0 || e.Exports() != 1 {
			t.Errorf("Shutdown took %v and %d exports, want one, at once", took, e.Exports())
		}
		wantDropped(t, p, Drop{ReasonExportFailed, log.SeverityInfo, 1})
	})
}
