package processor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/errortest"
)

// wantLines checks the bodies of the JSON lines, in order.
func wantLines(t testing.TB, written []byte, want ...string) {
	t.Helper()
	got := []string{}
	for line := range bytes.Lines(written) {
		if string(line) == "\n" {
			continue // after a call of Write that took a part of a line, or did not return
		}
		var r struct {
			EventName string
			Body      struct{ Value string }
		}
		if err := json.Unmarshal(line, &r); err != nil || line[len(line)-1] != '\n' {
			t.Errorf("not a line of JSON: %q: %v", line, err)
			continue
		}
		if r.EventName == degradedEvent || r.EventName == recoveredEvent {
			continue // not a record that was lost
		}
		got = append(got, r.Body.Value)
	}
	if !slices.Equal(got, want) {
		t.Errorf("written %q, want %q", got, want)
	}
}

const (
	minor    = log.SeverityWarn4 // the most severe that is not critical
	critical = log.SeverityError
)

// Every way to lose a record, with one record that is not critical and one that is: the
// first is counted as dropped, the second is written and counted as such. The scenarios
// run in a synctest bubble.
func TestCriticalRecordsGoToTheFallback(t *testing.T) {
	for _, tc := range []struct {
		name  string
		opts  []Option
		lose  func(t *testing.T, p *Processor, e *exportertest.Exporter)
		lines []string
		drops []Drop
	}{
		{
			"queue full, DropNewest", nil,
			func(t *testing.T, p *Processor, e *exportertest.Exporter) {
				fill(t, p, e, minor)
				emit(p, minor, "a")
				emit(p, critical, "b")
				emit(p, log.SeverityFatal4, "c")
			},
			[]string{"b", "c"},
			[]Drop{{ReasonQueueFull, log.SeverityWarn, 1}},
		},
		{
			"queue full, DropOldest",
			[]Option{WithOverflow(DropOldest)},
			func(t *testing.T, p *Processor, e *exportertest.Exporter) {
				fill(t, p, e, critical, minor)
				emit(p, minor, "a", "b") // displace first one critical record, then the other
				emit(p, critical, "c", "d")
				emit(p, minor, "e", "f") // displace c and d
			},
			[]string{"q0", "c", "d"},
			[]Drop{{ReasonQueueFull, log.SeverityWarn, 3}},
		},
		{
			"evicted, DropLowest",
			[]Option{WithOverflow(DropLowest)},
			func(t *testing.T, p *Processor, e *exportertest.Exporter) {
				fill(t, p, e, critical, minor)
				emit(p, critical, "a")           // displaces q1
				emit(p, log.SeverityFatal, "b")  // displaces q0, the oldest of the two
				emit(p, log.SeverityFatal2, "c") // displaces a
			},
			[]string{"q0", "a"},
			[]Drop{{ReasonEvicted, log.SeverityWarn, 1}},
		},
		{
			"refused, DropLowest",
			[]Option{WithOverflow(DropLowest)},
			func(t *testing.T, p *Processor, e *exportertest.Exporter) {
				fill(t, p, e, log.SeverityFatal)
				emit(p, minor, "a")
				emit(p, critical, "b")
				emit(p, log.SeverityFatal, "c")
			},
			[]string{"b", "c"},
			[]Drop{{ReasonQueueFull, log.SeverityWarn, 1}},
		},
		{
			"queue full, Block",
			[]Option{WithOverflow(Block(time.Second))},
			func(t *testing.T, p *Processor, e *exportertest.Exporter) {
				fill(t, p, e, minor)
				emit(p, minor, "a")
				emit(p, critical, "b")
			},
			[]string{"b"},
			[]Drop{{ReasonQueueFull, log.SeverityWarn, 1}},
		},
		{
			"dismissed by Shutdown, Block",
			[]Option{WithOverflow(Block(time.Hour))},
			func(t *testing.T, p *Processor, e *exportertest.Exporter) {
				release := fill(t, p, e, minor)
				go emit(p, minor, "a")
				go emit(p, critical, "b")
				synctest.Wait()
				go func() { _ = p.Shutdown(t.Context()) }()
				synctest.Wait()
				release()
				synctest.Wait()
			},
			[]string{"b"},
			[]Drop{{ReasonQueueFull, log.SeverityWarn, 1}},
		},
		{
			"export failed", nil,
			func(_ *testing.T, p *Processor, e *exportertest.Exporter) {
				e.FailNext(1, errors.New("refused"))
				emit(p, minor, "a") // waits for another record, so that both are in one batch
				emit(p, critical, "b")
			},
			[]string{"b"},
			[]Drop{{ReasonExportFailed, log.SeverityWarn, 1}},
		},
		{
			"export panicked", nil,
			func(_ *testing.T, p *Processor, e *exportertest.Exporter) {
				e.PanicNext(1, "boom")
				emit(p, minor, "a")
				emit(p, critical, "b")
			},
			[]string{"b"},
			[]Drop{{ReasonExportPanic, log.SeverityWarn, 1}},
		},
		{
			"export ended its goroutine", nil,
			func(_ *testing.T, p *Processor, e *exportertest.Exporter) {
				emit(p, minor, "goexit")
				emit(p, critical, "b")
			},
			[]string{"b"},
			[]Drop{{ReasonExportPanic, log.SeverityWarn, 1}},
		},
		{
			"export timed out",
			[]Option{WithExportTimeout(time.Second)},
			func(_ *testing.T, p *Processor, e *exportertest.Exporter) {
				e.SetDelay(time.Minute)
				emit(p, minor, "a")
				emit(p, critical, "b")
				time.Sleep(time.Second)
			},
			[]string{"b"},
			[]Drop{{ReasonExportTimeout, log.SeverityWarn, 1}},
		},
		{
			"batch rejected", nil,
			func(_ *testing.T, p *Processor, e *exportertest.Exporter) {
				e.FailNext(1, errortest.Partial(2, "no"))
				emit(p, minor, "a")
				emit(p, critical, "b")
			},
			[]string{"b"},
			[]Drop{{ReasonRejected, log.SeverityWarn, 1}},
		},
		{
			"after Shutdown", nil,
			func(t *testing.T, p *Processor, _ *exportertest.Exporter) {
				_ = p.Shutdown(t.Context())
				emit(p, critical, "a")
				emit(p, minor, "b")
				emit(p, critical, "c")
			},
			[]string{"a", "c"},
			[]Drop{{ReasonAlreadyShutdown, log.SeverityWarn, 1}},
		},
		{
			"at Shutdown's deadline", nil,
			func(t *testing.T, p *Processor, e *exportertest.Exporter) {
				fill(t, p, e, critical, minor)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_ = p.Shutdown(ctx)
			},
			[]string{"q0", "f0"},
			[]Drop{{ReasonShutdownTimeout, log.SeverityWarn, 1}},
		},
		{
			"other critical severity, lower",
			[]Option{WithCriticalSeverity(log.SeverityInfo)},
			func(t *testing.T, p *Processor, _ *exportertest.Exporter) {
				_ = p.Shutdown(t.Context())
				emit(p, log.SeverityDebug4, "a")
				emit(p, log.SeverityInfo, "b")
				emit(p, minor, "c")
			},
			[]string{"b", "c"},
			[]Drop{{ReasonAlreadyShutdown, log.SeverityDebug, 1}},
		},
		{
			"other critical severity, higher",
			[]Option{WithCriticalSeverity(log.SeverityFatal4), WithOverflow(DropOldest)},
			func(t *testing.T, p *Processor, e *exportertest.Exporter) {
				fill(t, p, e, log.SeverityFatal4, log.SeverityFatal3)
				emit(p, log.SeverityFatal3, "a", "b")
			},
			[]string{"q0"},
			[]Drop{{ReasonQueueFull, log.SeverityFatal, 1}},
		},
		{
			"beyond any severity there is",
			[]Option{WithCriticalSeverity(log.SeverityFatal4 + 1), WithOverflow(DropOldest)},
			func(t *testing.T, p *Processor, e *exportertest.Exporter) {
				fill(t, p, e, log.SeverityFatal4+1, log.SeverityFatal4)
				emit(p, log.SeverityFatal4, "a", "b")
			},
			[]string{"q0"},
			[]Drop{{ReasonQueueFull, log.SeverityFatal, 1}},
		},
		{
			"everything is critical",
			[]Option{WithCriticalSeverity(log.SeverityUndefined), WithOverflow(DropOldest)},
			func(t *testing.T, p *Processor, e *exportertest.Exporter) {
				fill(t, p, e, log.SeverityUndefined, log.SeverityTrace)
				emit(p, log.SeverityUndefined, "a", "b")
			},
			[]string{"q0", "q1"},
			nil,
		},
		{
			"no fallback",
			[]Option{WithFallback(nil), WithOverflow(DropOldest)},
			func(t *testing.T, p *Processor, e *exportertest.Exporter) {
				e.FailNext(1, nil)
				e.FailNext(2, errors.New("refused"))
				release := fill(t, p, e, critical, minor)
				emit(p, critical, "a", "b", "c") // displace q0, q1 and a
				release()
				_ = p.Shutdown(t.Context())
				emit(p, critical, "d")
			},
			nil,
			[]Drop{
				{ReasonAlreadyShutdown, log.SeverityError, 1},
				{ReasonExportFailed, log.SeverityError, 2},
				{ReasonQueueFull, log.SeverityWarn, 1},
				{ReasonQueueFull, log.SeverityError, 2},
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				var written bytes.Buffer
				e := exportertest.New(exportertest.WithFunc(func(_ context.Context, records []sdklog.Record) error {
					if records[0].Body().AsString() == "goexit" {
						runtime.Goexit()
					}
					return nil
				}))
				p := start(t, e, append([]Option{
					once, WithFallback(&written), WithMaxQueueSize(2), WithExportMaxBatchSize(2), WithExportTimeout(time.Hour),
				}, tc.opts...)...)
				tc.lose(t, p, e)
				synctest.Wait()
				wantLines(t, written.Bytes(), tc.lines...)
				wantDropped(t, p, tc.drops...)
				if got := p.Stats().Fallback; got != uint64(len(tc.lines)) {
					t.Errorf("%d counted as written, want %d", got, len(tc.lines))
				}
			})
		})
	}
}

// fill makes the exporter hold a record f0 until it is released, and fills the queue of
// two with q0 and q1, of the given severities in turn.
func fill(t *testing.T, p *Processor, e *exportertest.Exporter, severities ...log.Severity) (release func()) {
	t.Helper()
	release = e.Block()
	t.Cleanup(release)
	for i, body := range []string{"f0", "q0", "q1"} {
		emit(p, severities[(max(i, 1)-1)%len(severities)], body)
		p.ExportNow()
		synctest.Wait()
	}
	return release
}
