package retry

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/krunchwrapper/asynclog/processor"
)

// TestRefusedOnce holds the processor against OTLP's tables of responses: "for
// non-retryable errors the client MUST NOT retry sending the same telemetry data". It
// sends one record, as one record cannot be searched for what is wrong in it.
func TestRefusedOnce(t *testing.T) {
	for _, code := range []codes.Code{
		codes.Unknown, codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.PermissionDenied,
		codes.ResourceExhausted, codes.FailedPrecondition, codes.Unimplemented, codes.Internal, codes.Unauthenticated,
	} {
		t.Run(code.String(), func(t *testing.T) {
			var calls atomic.Int32
			address, _ := serve(t, "", &receiver{answer: func(context.Context, *collogpb.ExportLogsServiceRequest) error {
				calls.Add(1)
				return status.Error(code, "no")
			}})
			p, logger := start(t, newGRPC(t, address))
			wantRefusedOnce(t, p, func() { emit(logger, "a") }, &calls)
		})
	}
	for _, code := range []int{304, 400, 401, 403, 404, 405, 408, 413, 415, 422, 500, 501, 505} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			var calls atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				w.Header().Set("Retry-After", "0") // changes nothing
				w.WriteHeader(code)
			}))
			defer server.Close()
			p, logger := start(t, newHTTP(t, server.URL))
			wantRefusedOnce(t, p, func() { emit(logger, "a") }, &calls)
		})
	}
}

func wantRefusedOnce(t *testing.T, p *processor.Processor, emit func(), calls *atomic.Int32) {
	t.Helper()
	emit()
	if err := p.ForceFlush(t.Context()); err == nil {
		t.Error("the flush reports no error")
	}
	if n := calls.Load(); n != 1 {
		t.Errorf("requests: %d, want 1", n)
	}
	if s := p.Stats(); s.Queued != 0 || s.DroppedTotal() != 1 || s.Dropped[0].Reason != processor.ReasonExportFailed || s.Retries != 0 {
		t.Errorf("%+v, want the record lost at once", s)
	}
}

// TestRetriedRows: each row that the tables call retryable is sent again.
func TestRetriedRows(t *testing.T) {
	for _, code := range []codes.Code{
		codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.Unavailable, codes.DataLoss,
	} {
		t.Run(code.String(), func(t *testing.T) {
			in := newInbox()
			in.answer = firstCall(status.Error(code, "later"))
			p, logger := start(t, exportGRPC(t, in), processor.WithExportInterval(time.Millisecond))
			emit(logger, "a")
			eventually(t, "the record is exported", func() bool { return p.Stats().Exported == 1 })
		})
	}
	for _, code := range []int{429, 502, 503, 504} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			var calls atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if calls.Add(1) == 1 {
					w.WriteHeader(code)
				}
			}))
			defer server.Close()
			p, logger := start(t, newHTTP(t, server.URL), processor.WithExportInterval(time.Millisecond))
			emit(logger, "a")
			eventually(t, "the record is exported", func() bool { return p.Stats().Exported == 1 })
			if n := calls.Load(); n != 2 {
				t.Errorf("requests: %d, want 2", n)
			}
		})
	}
}

// firstCall answers the first call with the error.
func firstCall(err error) func(call int) error {
	return func(call int) error {
		if call == 1 {
			return err
		}
		return nil
	}
}
