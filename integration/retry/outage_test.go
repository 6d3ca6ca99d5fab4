package retry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/krunchwrapper/asynclog/processor"
)

// inbox counts the records that a receiver got, by body.
type inbox struct {
	mu     sync.Mutex
	bodies map[string]int
	calls  []time.Time
	answer func(call int) error // nil: accepts all

	retryAfter func() string // the header of an HTTP response that is not 200; nil: none
}

func newInbox() *inbox { return &inbox{bodies: map[string]int{}} }

func (in *inbox) take(req *collogpb.ExportLogsServiceRequest) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.calls = append(in.calls, time.Now())
	if in.answer != nil {
		if err := in.answer(len(in.calls)); err != nil {
			return err
		}
	}
	for _, rl := range req.ResourceLogs {
		for _, sl := range rl.ScopeLogs {
			for _, r := range sl.LogRecords {
				in.bodies[r.Body.GetStringValue()]++
			}
		}
	}
	return nil
}

func (in *inbox) wantEachOnce(t *testing.T, n int) {
	t.Helper()
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.bodies) != n {
		t.Errorf("different records received: %d, want %d", len(in.bodies), n)
	}
	for body, n := range in.bodies {
		if n != 1 {
			t.Errorf("%q: received %d times", body, n)
		}
	}
}

func (in *inbox) receiver() *receiver {
	return &receiver{answer: func(_ context.Context, req *collogpb.ExportLogsServiceRequest) error { return in.take(req) }}
}

func (in *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var req collogpb.ExportLogsServiceRequest
	body := make([]byte, r.ContentLength)
	if _, err := io.ReadFull(r.Body, body); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if err := proto.Unmarshal(body, &req); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if err := in.take(&req); err != nil {
		if in.retryAfter != nil {
			w.Header().Set("Retry-After", in.retryAfter())
		}
		w.WriteHeader(http.StatusTooManyRequests)
	}
}

// serveHTTP serves the inbox at the address and returns the address. "" is any free
// address.
func (in *inbox) serveHTTP(t *testing.T, address string) (at string, stop func()) {
	t.Helper()
	listener := listen(t, address)
	server := &http.Server{Handler: in, ErrorLog: discardLog, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	stop = func() { _ = server.Close() }
	t.Cleanup(stop)
	return listener.Addr().String(), stop
}

// TestOutage: a receiver goes away while the program logs, and comes back. No record is
// lost, and none is received twice.
func TestOutage(t *testing.T) {
	for name, tc := range map[string]struct {
		serve  func(t *testing.T, in *inbox, address string) (at string, stop func())
		export func(t *testing.T, address string) sdklog.Exporter
	}{
		"HTTP": {
			func(t *testing.T, in *inbox, address string) (string, func()) { return in.serveHTTP(t, address) },
			func(t *testing.T, address string) sdklog.Exporter { return newHTTP(t, "http://"+address) },
		},
		"gRPC": {
			func(t *testing.T, in *inbox, address string) (string, func()) {
				return serve(t, address, in.receiver())
			},
			func(t *testing.T, address string) sdklog.Exporter { return newGRPC(t, address) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := newInbox()
			address, stop := tc.serve(t, in, "")
			p, logger := start(t, tc.export(t, address), processor.WithMaxQueueSize(10_000))
			n := 0
			log := func(count int) {
				for range count {
					emit(logger, fmt.Sprint(n))
					n++
				}
			}
			log(1000)
			if err := p.ForceFlush(t.Context()); err != nil {
				t.Fatal(err)
			}
			stop()
			log(3000)
			eventually(t, "the processor is degraded", func() bool { return p.Stats().Degraded })
			log(1000)
			if s := p.Stats(); s.Queued+s.InFlight != 4000 || !s.Balanced() {
				t.Errorf("%+v, want 4000 in the processor", s)
			}
			tc.serve(t, in, address)
			eventually(t, "all records are exported", func() bool { return p.Stats().Exported == uint64(n) })
			if s := p.Stats(); s.Degraded || s.DroppedTotal() != 0 || s.Retries == 0 {
				t.Errorf("%+v, want the processor recovered", s)
			}
			in.wantEachOnce(t, n)
		})
	}
}

// exportHTTP returns an exporter to the inbox over HTTP.
func exportHTTP(t *testing.T, in *inbox) sdklog.Exporter {
	t.Helper()
	address, _ := in.serveHTTP(t, "")
	return newHTTP(t, "http://"+address)
}

// exportGRPC returns an exporter to the inbox over gRPC.
func exportGRPC(t *testing.T, in *inbox) sdklog.Exporter {
	t.Helper()
	address, _ := serve(t, "", in.receiver())
	return newGRPC(t, address)
}

// TestPoisonedBatch: only the record that cannot be encoded is lost.
func TestPoisonedBatch(t *testing.T) {
	for name, export := range map[string]func(t *testing.T, in *inbox) sdklog.Exporter{
		"HTTP": exportHTTP,
		"gRPC": exportGRPC,
	} {
		t.Run(name, func(t *testing.T) {
			in := newInbox()
			p, logger := start(t, export(t, in), processor.WithExportInterval(time.Hour))
			for i := range 512 {
				body := fmt.Sprint(i)
				if i == 300 {
					body = notUTF8
				}
				emit(logger, body)
			}
			if err := p.ForceFlush(t.Context()); err == nil || !strings.Contains(err.Error(), "UTF-8") {
				t.Errorf("flush returns %v, want an error that names the encoding", err)
			}
			s := p.Stats()
			if s.Exported != 511 || s.DroppedTotal() != 1 || s.Dropped[0].Reason != processor.ReasonExportFailed {
				t.Errorf("%+v, want one record lost", s)
			}
			if n := s.Exporters[0].Exports; n > 1+2*9+2 {
				t.Errorf("exports: %d", n)
			}
			in.wantEachOnce(t, 511)
		})
	}
}

// TestReceiverAsksToWait: a retry comes no earlier than the receiver asked for.
func TestReceiverAsksToWait(t *testing.T) {
	for name, tc := range map[string]struct {
		export func(t *testing.T, in *inbox) sdklog.Exporter
		header func() string // of an HTTP answer
		pause  time.Duration // no less, whatever the time of day
	}{
		"Retry-After in seconds": {exportHTTP, func() string { return "1" }, time.Second},
		// A date has no fractions of a second.
		"Retry-After as a date": {exportHTTP, func() string {
			return time.Now().Add(2 * time.Second).UTC().Format(http.TimeFormat)
		}, 900 * time.Millisecond},
		"RetryInfo": {exportGRPC, nil, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			in := newInbox()
			in.retryAfter = tc.header
			later := retryAfter(t, codes.ResourceExhausted, time.Second)
			in.answer = func(call int) error {
				if call == 1 {
					return later
				}
				return nil
			}
			p, logger := start(t, tc.export(t, in), processor.WithExportInterval(time.Millisecond))
			emit(logger, "a")
			eventually(t, "the record is exported", func() bool { return p.Stats().Exported == 1 })
			if pause := in.calls[1].Sub(in.calls[0]); pause < tc.pause {
				t.Errorf("retried after %v, the receiver asked for at least %v", pause, tc.pause)
			}
		})
	}
}
