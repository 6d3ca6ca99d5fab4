package processor

import (
	"context"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// A record that is displaced while it waits for a retry counts under the reason of its
// failed export: it may have arrived, and queue_full would deny that.
func TestDisplacedRecordKeepsItsReason(t *testing.T) {
	captureErrors(t)
	for _, policy := range []Overflow{DropOldest, DropLowest} {
		for _, tc := range []struct {
			err error
			why Reason
		}{
			{syscall.ECONNRESET, ReasonExportFailed},
			{context.DeadlineExceeded, ReasonExportTimeout},
		} {
			t.Run(policy.String()+"/"+string(tc.why), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					e := exportertest.New()
					e.FailNext(1, tc.err)
					p := start(t, e, WithMaxQueueSize(2), WithOverflow(policy), WithFallback(nil),
						WithExportInterval(time.Hour), WithRetry(RetryConfig{InitialInterval: time.Hour, MaxInterval: time.Hour}))
					emit(p, log.SeverityDebug, "a", "b")
					synctest.Wait() // refused, and waiting
					emit(p, log.SeverityInfo, "c", "d")
					if err := p.Shutdown(t.Context()); err != nil {
						t.Error(err)
					}
					wantBodies(t, e, []string{"c", "d"})
					wantDropped(t, p, Drop{tc.why, log.SeverityDebug, 2})
				})
			})
		}
	}
}
