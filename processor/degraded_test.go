package processor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/fallback"
)

// line is the part of a line of the fallback that tests read.
type line struct {
	EventName    string
	Timestamp    time.Time
	SeverityText string
	Severity     log.Severity
	Body         struct{ Value string }
	Attributes   []struct {
		Key   string
		Value struct{ Value any }
	}
	Resource []struct {
		Key   string
		Value struct{ Value any }
	}
	Scope struct{ Name string }
}

func (l *line) attribute(key string) any {
	for _, a := range l.Attributes {
		if a.Key == key {
			return a.Value.Value
		}
	}
	return nil
}

// lineLog is a fallback writer that can be read while it is written to.
type lineLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lineLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

// lines returns the lines so far: those of the processor's events, or those of records.
func (l *lineLog) lines(t testing.TB, events bool) (out []line) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for text := range bytes.Lines(l.buf.Bytes()) {
		var line line
		if err := json.Unmarshal(text, &line); err != nil {
			t.Fatalf("%v: %q", err, text)
		}
		if (line.EventName != "") == events {
			out = append(out, line)
		}
	}
	return out
}

// The third failure in a row, and not the second, makes the processor degraded; the next
// success ends that. Both are reported: by the fallback, by Stats and by the metric.
func TestDegraded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		reader, withReader := newReader()
		gauge := func() int64 {
			return collect(t, reader)["asynclog.processor.degraded"].Data.(metricdata.Gauge[int64]).DataPoints[0].Value
		}
		var lines lineLog
		e := exportertest.New()
		e.FailNext(2, errAway)
		p := start(t, e, withReader, WithFallback(&lines), WithExportInterval(time.Millisecond))
		provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p),
			sdklog.WithResource(resource.NewSchemaless(attribute.String("service.name", "shop"))))
		var r log.Record
		r.SetSeverity(log.SeverityInfo)
		say := func() { provider.Logger("x").Emit(t.Context(), r) }
		say()
		time.Sleep(time.Minute)
		if s := p.Stats(); s.Degraded || s.Exported != 1 || s.ConsecutiveFailures != 0 || gauge() != 0 {
			t.Errorf("%+v after two failures", s)
		}

		e.FailNext(10, errAway)
		say()
		begun := time.Now()
		var since time.Time
		for p.Stats().ConsecutiveFailures < 10 {
			if s := p.Stats(); s.Degraded != (s.ConsecutiveFailures >= 3) || s.Degraded != !s.DegradedSince.IsZero() {
				t.Fatalf("%+v", s)
			}
			since = p.Stats().DegradedSince
			time.Sleep(time.Millisecond)
		}
		if gauge() != 1 || since.Before(begun) || since.After(begun.Add(time.Second)) {
			t.Errorf("degraded since %v", since.Sub(begun))
		}
		time.Sleep(time.Minute)
		if s := p.Stats(); s.Degraded || !s.DegradedSince.IsZero() || s.Exported != 2 || gauge() != 0 {
			t.Errorf("%+v", s)
		}

		events := lines.lines(t, true)
		if len(events) != 2 || events[0].EventName != "asynclog.degraded" || events[1].EventName != "asynclog.recovered" {
			t.Fatalf("events %+v", events)
		}
		for i, l := range events {
			if l.Scope.Name != "github.com/krunchwrapper/asynclog/processor" || l.Timestamp.IsZero() || l.Body.Value == "" {
				t.Errorf("line %d: %+v", i, l)
			}
			if l.Resource != nil {
				t.Errorf("line %d has a resource: %+v", i, l.Resource)
			}
		}
		if d := events[0]; d.Severity != log.SeverityWarn || d.attribute("exception.message") != errAway.Error() ||
			d.attribute("asynclog.failures") != 3.0 || d.attribute("asynclog.exporter") != "*exportertest.Exporter" {
			t.Errorf("%+v", d)
		}
		took := events[1].Timestamp.Sub(since).Seconds()
		if d := events[1]; d.Severity != log.SeverityInfo || d.attribute("asynclog.duration") != took || d.attribute("asynclog.withheld") != 0.0 || events[0].attribute("asynclog.outages") != nil {
			t.Errorf("%+v, want a duration of %v", d, took)
		}
		if got := lines.lines(t, false); len(got) != 0 {
			t.Errorf("written %+v", got)
		}
	})
}

// The processor becomes degraded for every kind of failure, in every mode.
func TestDegradedWhatever(t *testing.T) {
	for name, tc := range map[string]struct {
		e    *exportertest.Exporter
		opts []Option
	}{
		"denied":      {failing(errDenied), nil},
		"poisoned":    {failing(errPoison), nil},
		"disabled":    {failing(errStrange), []Option{once}},
		"synchronous": {failing(errStrange), []Option{WithSynchronous()}},
		"panics":      {exportertest.New(exportertest.WithFunc(func(context.Context, []sdklog.Record) error { panic("boom") })), nil},
		"times out":   {failing(context.DeadlineExceeded), nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				var lines lineLog
				p := start(t, tc.e, append([]Option{WithFallback(&lines), WithExportMaxBatchSize(1)}, tc.opts...)...)
				for range 3 {
					emit(p, log.SeverityInfo, "x")
					time.Sleep(100 * time.Millisecond)
				}
				time.Sleep(time.Second)
				if s := p.Stats(); !s.Degraded || s.ConsecutiveFailures < 3 {
					t.Errorf("%+v", s)
				}
				if events := lines.lines(t, true); len(events) != 1 {
					t.Errorf("events %+v", events)
				}
			})
		})
	}
}

// With several exporters the processor is degraded when none works any more.
func TestDegradedWithSeveralExporters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		var first, second receiver
		first.is(errAway)
		all := []*exportertest.Exporter{first.exporter(), second.exporter(exportertest.WithDelay(time.Second))}
		p := startWith(t, all, WithExportMaxBatchSize(1), WithMaxQueueSize(10_000))
		stop := time.Now().Add(time.Minute)
		for time.Now().Before(stop) {
			emit(p, log.SeverityInfo, "a", "b", "c")
			time.Sleep(time.Second)
			if s := p.Stats(); s.Degraded {
				t.Fatalf("%+v, while one works", s)
			}
		}
		second.is(errAway)
		time.Sleep(10 * time.Second)
		if s := p.Stats(); !s.Degraded {
			t.Errorf("%+v, want it degraded", s)
		}
		second.is(nil)
		time.Sleep(10 * time.Second)
		if s := p.Stats(); s.Degraded || s.DroppedTotal() != 0 {
			t.Errorf("%+v, want it recovered", s)
		}
	})
}

// While the processor is degraded critical records are copied when they are emitted: a
// hundred at once, and ten a second after that. A copy is not the end of a record.
func TestCriticalRecordsAreCopiedInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		var r receiver
		r.is(errAway)
		e := r.exporter()
		var lines lineLog
		p := start(t, e, WithFallback(&lines))
		emit(p, log.SeverityError, "before")
		time.Sleep(time.Second)
		emit(p, log.SeverityInfo, "not critical")
		emit(p, log.SeverityError, bodyRange(0, 150)...)
		synctest.Wait()
		wantCopies := func(copies, withheld int) {
			t.Helper()
			s := p.Stats()
			if s.FallbackCopies != uint64(copies) || s.FallbackWithheld != uint64(withheld) || s.Fallback != 0 || !s.Balanced() {
				t.Errorf("%+v, want %d copies and %d withheld", s, copies, withheld)
			}
			if got := lines.lines(t, false); len(got) != copies {
				t.Errorf("%d lines, want %d", len(got), copies)
			}
		}
		wantCopies(100, 50)
		if s := p.Stats(); s.InFlight != 0 || s.Queued != 152 {
			t.Errorf("%+v, want all queued", s)
		}
		for i := range 20 {
			time.Sleep(100 * time.Millisecond)
			emit(p, log.SeverityFatal, body(200+2*i), body(201+2*i))
		}
		synctest.Wait()
		wantCopies(120, 70)

		r.is(nil)
		time.Sleep(10 * time.Second)
		emit(p, log.SeverityError, "after")
		synctest.Wait()
		wantCopies(120, 70)
		if s := p.Stats(); s.Exported != 193 {
			t.Errorf("%+v, want all exported", s)
		}
		events := lines.lines(t, true)
		if last := events[len(events)-1]; last.attribute("asynclog.copied") != 120.0 || last.attribute("asynclog.withheld") != 70.0 {
			t.Errorf("%+v", last)
		}

		// The event's figures are those of its own outage.
		r.is(errAway)
		emit(p, log.SeverityInfo, "again")
		time.Sleep(10 * time.Second)
		emit(p, log.SeverityError, "copied")
		r.is(nil)
		time.Sleep(10 * time.Second)
		events = lines.lines(t, true)
		if last := events[len(events)-1]; last.attribute("asynclog.copied") != 1.0 || last.attribute("asynclog.withheld") != 0.0 {
			t.Errorf("%+v", last)
		}
	})
}

// A copied record that is lost in the end is written again, and counted then: the ledger
// does not include copies.
func TestCopiedRecordThatIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		var lines lineLog
		p := start(t, failing(errAway), WithFallback(&lines), WithMaxQueueSize(4), WithExportMaxBatchSize(4), WithOverflow(DropOldest))
		emit(p, log.SeverityInfo, "x")
		time.Sleep(10 * time.Second)
		emit(p, log.SeverityError, "a", "b", "c", "d", "e")
		time.Sleep(time.Second)
		_ = p.Shutdown(t.Context())
		s := p.Stats()
		if s.FallbackCopies != 5 || s.Fallback != 5 || !s.Balanced() {
			t.Errorf("%+v, want five copied, and five saved", s)
		}
		count := map[string]int{}
		for _, l := range lines.lines(t, false) {
			count[l.Body.Value]++
		}
		for _, body := range []string{"a", "b", "c", "d", "e"} {
			if count[body] != 2 {
				t.Errorf("%q is written %d times, want 2", body, count[body])
			}
		}
	})
}

// Copies that cannot be written are withheld, and do not take the space of records that
// are nowhere else.
func TestCopiesBehindABlockedWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		gate := make(chan struct{})
		w := writerFunc(func(b []byte) (int, error) {
			<-gate
			return 0, errors.New("disk full")
		})
		p := start(t, failing(errAway), WithFallback(w), WithMaxQueueSize(2000))
		emit(p, log.SeverityInfo, "x")
		time.Sleep(10 * time.Second)
		for range 200 {
			emit(p, log.SeverityError, bodyRange(0, 10)...)
			time.Sleep(time.Second)
		}
		s := p.Stats()
		if s.FallbackCopies != 0 || s.FallbackWithheld != 2000-fallback.MaxUncounted || s.Queued+s.InFlight != 2001 || !s.Balanced() {
			t.Errorf("%+v", s)
		}
		close(gate)
		synctest.Wait()
		if s := p.Stats(); s.FallbackCopies != 0 || s.FallbackWithheld != 1999 {
			t.Errorf("%+v, want all withheld", s)
		}
	})
}

func TestDegradedWithoutAFallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		var r receiver
		r.is(errAway)
		p := start(t, r.exporter(), WithFallback(nil))
		emit(p, log.SeverityError, "a")
		time.Sleep(time.Second)
		emit(p, log.SeverityError, "b")
		if s := p.Stats(); !s.Degraded || s.FallbackCopies != 0 || s.FallbackWithheld != 0 {
			t.Errorf("%+v", s)
		}
		r.is(nil)
		time.Sleep(time.Minute)
		if s := p.Stats(); s.Degraded || s.Exported != 2 {
			t.Errorf("%+v", s)
		}
	})
}

// The environment variables for the user's records do not apply to the processor's own
// records.
func TestOwnRecord(t *testing.T) {
	t.Setenv("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "1")
	t.Setenv("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "0")
	var r log.Record
	r.SetBody(attribute.StringValue("text"))
	r.AddAttributes(attribute.String("key", strings.Repeat("x", 100)))
	res := resource.NewSchemaless(attribute.String("a", "b"))
	own := ownRecord(res, &r)
	if own.AttributesLen() != 1 || own.DroppedAttributes() != 0 || own.Body().AsString() != "text" || own.ObservedTimestamp().IsZero() {
		t.Errorf("%+v", own)
	}
	if v, ok := own.Resource().Set().Value("a"); !ok || v.AsString() != "b" {
		t.Errorf("resource %v", own.Resource())
	}
	none := ownRecord(nil, &r)
	if none.Body().AsString() != "text" {
		t.Errorf("%+v", none)
	}
}
