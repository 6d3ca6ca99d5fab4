package retry

import (
	"context"
	"fmt"
	"net"
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

// ledger is what a receiver has, by body.
type ledger struct {
	mu     sync.Mutex
	bodies map[string]int
	calls  []time.Time
	answer func(call int) error // nil: takes all
}

func newLedger() *ledger { return &ledger{bodies: map[string]int{}} }

func (l *ledger) take(req *collogpb.ExportLogsServiceRequest) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, time.Now())
	if l.answer != nil {
		if err := l.answer(len(l.calls)); err != nil {
			return err
		}
	}
	for _, rl := range req.ResourceLogs {
		for _, sl := range rl.ScopeLogs {
			for _, r := range sl.LogRecords {
				l.bodies[r.Body.GetStringValue()]++
			}
		}
	}
	return nil
}

func (l *ledger) wantEachOnce(t *testing.T, n int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.bodies) != n {
		t.Errorf("%d different records received, want %d", len(l.bodies), n)
	}
	for body, n := range l.bodies {
		if n != 1 {
			t.Errorf("%q received %d times", body, n)
		}
	}
}

func (l *ledger) receiver() *receiver {
	return &receiver{answer: func(_ context.Context, req *collogpb.ExportLogsServiceRequest) error { return l.take(req) }}
}

func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var req collogpb.ExportLogsServiceRequest
	body := make([]byte, r.ContentLength)
	if _, err := r.Body.Read(body); err != nil && err.Error() != "EOF" {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if err := proto.Unmarshal(body, &req); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if err := l.take(&req); err != nil {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	}
}

// serveHTTP serves the ledger at the address, "" for any.
func (l *ledger) serveHTTP(t *testing.T, address string) (at string, stop func()) {
	t.Helper()
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: l, ErrorLog: quiet, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	stop = func() { _ = server.Close() }
	t.Cleanup(stop)
	return listener.Addr().String(), stop
}

// TestOutage: a receiver goes away while the program logs, and comes back. Nothing is
// lost, and nothing is received twice.
func TestOutage(t *testing.T) {
	for name, tc := range map[string]struct {
		serve  func(t *testing.T, l *ledger, address string) (at string, stop func())
		export func(t *testing.T, address string) sdklog.Exporter
	}{
		"HTTP": {
			func(t *testing.T, l *ledger, address string) (string, func()) { return l.serveHTTP(t, address) },
			func(t *testing.T, address string) sdklog.Exporter { return newHTTP(t, "http://"+address) },
		},
		"gRPC": {
			func(t *testing.T, l *ledger, address string) (string, func()) { return serve(t, address, l.receiver()) },
			func(t *testing.T, address string) sdklog.Exporter { return newGRPC(t, address) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger()
			address, stop := tc.serve(t, l, "")
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
			eventually(t, "it is degraded", func() bool { return p.Stats().Degraded })
			log(1000)
			if s := p.Stats(); s.Queued+s.InFlight != 4000 || !s.Balanced() {
				t.Errorf("%+v, want 4000 kept", s)
			}
			tc.serve(t, l, address)
			eventually(t, "all is exported", func() bool { return p.Stats().Exported == uint64(n) })
			if s := p.Stats(); s.Degraded || s.DroppedTotal() != 0 || s.Retries == 0 {
				t.Errorf("%+v, want it recovered", s)
			}
			l.wantEachOnce(t, n)
		})
	}
}

// TestPoisonedBatch: one record that cannot be encoded, and no other, is lost.
func TestPoisonedBatch(t *testing.T) {
	for name, export := range map[string]func(t *testing.T, l *ledger) sdklog.Exporter{
		"HTTP": func(t *testing.T, l *ledger) sdklog.Exporter {
			address, _ := l.serveHTTP(t, "")
			return newHTTP(t, "http://"+address)
		},
		"gRPC": func(t *testing.T, l *ledger) sdklog.Exporter {
			address, _ := serve(t, "", l.receiver())
			return newGRPC(t, address)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger()
			p, logger := start(t, export(t, l), processor.WithExportInterval(time.Hour))
			for i := range 512 {
				body := fmt.Sprint(i)
				if i == 300 {
					body = broken
				}
				emit(logger, body)
			}
			if err := p.ForceFlush(t.Context()); err == nil || !strings.Contains(err.Error(), "UTF-8") {
				t.Errorf("flush returns %v, want the encoding named", err)
			}
			s := p.Stats()
			if s.Exported != 511 || s.DroppedTotal() != 1 || s.Dropped[0].Reason != processor.ReasonExportFailed {
				t.Errorf("%+v, want one record lost", s)
			}
			if n := s.Exporters[0].Exports; n > 1+2*9+2 {
				t.Errorf("%d exports", n)
			}
			l.wantEachOnce(t, 511)
		})
	}
}

// TestReceiverAsksToWait, and is obeyed.
func TestReceiverAsksToWait(t *testing.T) {
	for name, export := range map[string]func(t *testing.T, l *ledger) sdklog.Exporter{
		"Retry-After": func(t *testing.T, l *ledger) sdklog.Exporter {
			address, _ := l.serveHTTP(t, "")
			return newHTTP(t, "http://"+address)
		},
		"RetryInfo": func(t *testing.T, l *ledger) sdklog.Exporter {
			address, _ := serve(t, "", l.receiver())
			return newGRPC(t, address)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger()
			later := asking(t, codes.ResourceExhausted, time.Second)
			l.answer = func(call int) error {
				if call == 1 {
					return later
				}
				return nil
			}
			p, logger := start(t, export(t, l), processor.WithExportInterval(time.Millisecond))
			emit(logger, "a")
			eventually(t, "it is exported", func() bool { return p.Stats().Exported == 1 })
			if pause := l.calls[1].Sub(l.calls[0]); pause < time.Second {
				t.Errorf("tried again after %v, the receiver asked for 1s", pause)
			}
		})
	}
}
