package processor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/errortest"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// hostileExporter breaks the contract of exporters on purpose, which includes changing the
// records that it is given. It counts what it takes.
type hostileExporter struct {
	export   func(context.Context, []sdklog.Record) error
	flush    func(context.Context) error // nil: succeeds, as shutdown
	shutdown func(context.Context) error
	taken    atomic.Uint64 // records for which Export returned nil
	gaps     atomic.Uint64 // gap records among those calls, not counted in taken
}

func (e *hostileExporter) Export(ctx context.Context, records []sdklog.Record) error {
	gaps := 0
	for i := range records {
		if records[i].EventName() == gapEvent {
			gaps++
		}
	}
	n := len(records)
	if err := e.export(ctx, records); err != nil {
		return err
	}
	if gaps > 0 {
		e.gaps.Add(1)
	}
	e.taken.Add(uint64(n - gaps))
	return nil
}

func (e *hostileExporter) ForceFlush(ctx context.Context) error {
	if e.flush == nil {
		return nil
	}
	return e.flush(ctx)
}

func (e *hostileExporter) Shutdown(ctx context.Context) error {
	if e.shutdown == nil {
		return nil
	}
	return e.shutdown(ctx)
}

// lineCounter is a fallback writer that counts the lines of records, without those of the
// processor's own.
type lineCounter struct {
	mu    sync.Mutex
	lines uint64
	bad   [][]byte // no single line of JSON
}

func (c *lineCounter) Write(line []byte) (int, error) {
	var r struct{ EventName string }
	err := json.Unmarshal(line, &r)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err != nil || bytes.Count(line, []byte("\n")) != 1:
		c.bad = append(c.bad, bytes.Clone(line))
	case r.EventName == "":
		c.lines++
	}
	return len(line), nil
}

func (c *lineCounter) check(t testing.TB, s Stats) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lines != s.Fallback+s.FallbackCopies {
		t.Errorf("the fallback has %d lines, %d records and %d copies are counted", c.lines, s.Fallback, s.FallbackCopies)
	}
	if len(c.bad) > 0 {
		t.Errorf("%d lines of the fallback are none, such as %q", len(c.bad), c.bad[0])
	}
}

// methodError is an error whose methods do what they like.
type methodError struct{ text func() string }

func (e *methodError) Error() string { return e.text() }

// nosyError panics in the methods by which an error is examined.
type nosyError struct{}

func (nosyError) Error() string { return "nosy" }
func (nosyError) Is(error) bool { panic("Is") }
func (nosyError) Timeout() bool { panic("Timeout") }

// selfError wraps itself.
type selfError struct{}

func (selfError) Error() string   { return "self" }
func (e selfError) Unwrap() error { return e }

// sliceError cannot be compared.
type sliceError struct{ _ []int }

func (sliceError) Error() string { return "not comparable" }

// hostileExporters returns an exporter of each kind. What blocks does so until held is
// closed.
func hostileExporters(held chan struct{}) map[string]*hostileExporter {
	hang := func(context.Context) error { <-held; return nil }
	leave := func(context.Context) error { runtime.Goexit(); return nil }
	panics := func(context.Context) error { panic("boom") }
	refuse := func(err error) func(context.Context, []sdklog.Record) error {
		return func(context.Context, []sdklog.Record) error { return err }
	}
	all := map[string]*hostileExporter{
		"hangs":                     {export: func(ctx context.Context, _ []sdklog.Record) error { return hang(ctx) }, flush: hang, shutdown: hang},
		"flush and shutdown hang":   {export: refuse(nil), flush: hang, shutdown: hang},
		"panics with nil":           {export: func(context.Context, []sdklog.Record) error { panic(nil) }}, //nolint:govet // a panic like any other
		"panics with hostile error": {export: func(context.Context, []sdklog.Record) error { panic(&methodError{func() string { panic("text") }}) }},
		"panics everywhere":         {export: func(ctx context.Context, _ []sdklog.Record) error { return panics(ctx) }, flush: panics, shutdown: panics},
		"ends its goroutines":       {export: func(ctx context.Context, _ []sdklog.Record) error { return leave(ctx) }, flush: leave, shutdown: leave},
		"delivers late": {export: func(ctx context.Context, _ []sdklog.Record) error {
			<-ctx.Done()
			time.Sleep(333*time.Millisecond + 7*time.Microsecond) // at no deadline of the test
			return nil
		}},
		"typed nil":       {export: refuse((*errortest.TypedNil)(nil))},
		"ring":            {export: refuse(errortest.NewRing())},
		"wraps itself":    {export: refuse(selfError{})},
		"Is panics":       {export: refuse(nosyError{})},
		"not comparable":  {export: refuse(sliceError{})},
		"asks for 30s":    {export: refuse(errortest.Retryable(30 * time.Second))},
		"asks for ever":   {export: refuse(errortest.Retryable(math.MaxInt64))},
		"asks for before": {export: refuse(errortest.Retryable(math.MinInt64))},
		"clears the records": {export: func(_ context.Context, recs []sdklog.Record) error {
			clear(recs)
			return errors.New("refused")
		}},
		"changes severities": {export: func(_ context.Context, recs []sdklog.Record) error {
			for i := range recs {
				recs[i].SetSeverity(log.Severity(int(recs[i].Severity())*7919 - 1<<30))
			}
			return errors.New("refused")
		}},
		"appends to the records": {export: func(_ context.Context, recs []sdklog.Record) error {
			_ = append(recs, sdklog.Record{}, sdklog.Record{})
			return errAway
		}},
		"adds attributes": {export: func(_ context.Context, recs []sdklog.Record) error {
			for i := range recs {
				for j := range 50 {
					recs[i].AddAttributes(attribute.Int("k"+strconv.Itoa(j), j))
				}
			}
			return errAway
		}},
	}
	// Error is called several times on the way of an error, on several goroutines. Each
	// call may be the one that goes wrong.
	wrongs := map[string]func(){
		"ends the goroutine": runtime.Goexit,
		"panics":             func() { panic("Error") },
		"hangs":              func() { <-held },
	}
	for what, wrong := range wrongs {
		for call := range 6 {
			all[fmt.Sprintf("Error %s in call %d", what, call+1)] = &hostileExporter{export: func(context.Context, []sdklog.Record) error {
				var calls atomic.Int64
				return &methodError{func() string {
					if calls.Add(1) > int64(call) {
						wrong()
					}
					return errAway.Error()
				}}
			}}
		}
	}
	return all
}

// Whatever an exporter does, each record has one end, what is counted as exported is what
// the exporter took, ForceFlush and Shutdown return in time, and no goroutine is left once
// the exporter lets go of it: the bubble would not end.
func TestHostileExporters(t *testing.T) {
	captureErrors(t)
	for name := range hostileExporters(nil) {
		for _, overflow := range []Overflow{DropNewest, DropLowest} {
			t.Run(fmt.Sprintf("%s/overflow=%v", name, overflow), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					held := make(chan struct{})
					defer func() {
						close(held)
						time.Sleep(time.Minute) // calls that are late return
					}()
					testHostile(t, hostileExporters(held)[name], overflow)
				})
			})
		}
	}
}

func testHostile(t *testing.T, e *hostileExporter, overflow Overflow) {
	const (
		records   = 500
		flushTime = 100 * time.Millisecond
	)
	lines := &lineCounter{}
	p := start(t, e, WithOverflow(overflow), WithFallback(lines), WithGapRecords(true),
		WithMaxQueueSize(128), WithExportMaxBatchSize(32),
		WithExportInterval(5*time.Millisecond), WithExportTimeout(50*time.Millisecond))
	for i := range records {
		r := exportertest.Record(log.Severity(1+i%24), body(i))
		_ = p.OnEmit(t.Context(), &r)
		if i%50 == 0 {
			time.Sleep(2 * time.Millisecond)
		}
	}

	ctx, cancel := context.WithTimeout(t.Context(), flushTime)
	defer cancel()
	begun := time.Now()
	_ = p.ForceFlush(ctx)
	if took := time.Since(begun); took > flushTime+usercode.CancelTimeout {
		t.Errorf("ForceFlush took %v of %v", took, flushTime)
	}
	_ = shutdownWithin(t, p, 200*time.Millisecond)

	synctest.Wait() // the fallback's goroutine may be writing
	s := p.Stats()
	if s.Emitted != records || !s.Balanced() || s.Queued != 0 || s.InFlight != 0 || s.Reserved != 0 {
		t.Errorf("the ledger does not balance: %+v", s)
	}
	if taken := e.taken.Load(); s.Exported != taken {
		t.Errorf("the exporter took %d records, %d are counted as exported", taken, s.Exported)
	}
	if gaps := e.gaps.Load(); s.GapRecords != gaps {
		t.Errorf("the exporter took %d gap records, %d are counted", gaps, s.GapRecords)
	}
	lines.check(t, s)
}
