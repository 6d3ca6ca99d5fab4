package bridge_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

func TestPhaseRecord(t *testing.T) {
	s := newService(t)
	before := time.Now()
	s.phases().Log(t.Context(), "ANALYSIS", "two documents", attribute.Int("documents", 2), attribute.String("kind", "text"))

	r := s.last(t)
	if r.EventName() != "asynclog.phase" || r.Body().AsString() != "two documents" {
		t.Errorf("event %q with body %v", r.EventName(), r.Body())
	}
	if r.Severity() != log.SeverityInfo || r.SeverityText() != "INFO" {
		t.Errorf("severity %v (%s), want INFO", r.Severity(), r.SeverityText())
	}
	if at := r.Timestamp(); at.Before(before) || at.After(time.Now()) || !r.ObservedTimestamp().Equal(at) {
		t.Errorf("timestamps %v and %v, want now", at, r.ObservedTimestamp())
	}
	if scope := r.InstrumentationScope().Name; scope != "github.com/krunchwrapper/asynclog/bridge" {
		t.Errorf("scope %q", scope)
	}
	wantAttributes(t, r, map[string]any{"asynclog.phase": "ANALYSIS", "documents": int64(2), "kind": "text"})
}

func TestPhaseErrorHasSeverityError(t *testing.T) {
	s := newService(t)
	s.phases().Log(t.Context(), bridge.PhaseError, "it broke")
	if r := s.last(t); r.Severity() != log.SeverityError || r.SeverityText() != "ERROR" {
		t.Errorf("severity %v (%s), want ERROR", r.Severity(), r.SeverityText())
	}
}

func TestPhaseCorrelation(t *testing.T) {
	s := newService(t)
	ctx, span := s.tracer.Start(t.Context(), "request")
	defer span.End()
	s.phases().Log(bridge.ContextWithCorrelationID(ctx, "req-1"), "ANALYSIS", "…")
	r := s.last(t)
	wantAttributes(t, r, map[string]any{"asynclog.phase": "ANALYSIS", "correlation.id": "req-1"})
	if sc := span.SpanContext(); r.TraceID() != sc.TraceID() || r.SpanID() != sc.SpanID() {
		t.Errorf("trace %v, span %v, want those of %v", r.TraceID(), r.SpanID(), sc)
	}
}

func TestPhaseAttributeCannotBeReplaced(t *testing.T) {
	s := newService(t)
	data := []attribute.KeyValue{attribute.String("asynclog.phase", "mine"), attribute.Int("n", 1)}
	s.phases().Log(t.Context(), "ANALYSIS", "…", data...)
	wantAttributes(t, s.last(t), map[string]any{"asynclog.phase": "ANALYSIS", "n": int64(1)})
	if data[0].Value.AsString() != "mine" {
		t.Error("the caller's data has been changed")
	}
}

// TestPhaseVerbose: ERROR is logged whether verbose is on or off.
func TestPhaseVerbose(t *testing.T) {
	s := newService(t)
	l := s.phases()
	if !l.Verbose() {
		t.Error("not verbose by default")
	}
	l.SetVerbose(false)
	all := func(when string) {
		for _, phase := range []string{"ANALYSIS", bridge.PhaseCompletion, bridge.PhaseError} {
			l.Log(t.Context(), phase, when)
			l.LogAny(t.Context(), phase, when+" any", nil, "id")
		}
	}
	if l.Verbose() {
		t.Error("verbose after SetVerbose(false)")
	}
	all("off")
	l.SetVerbose(true)
	if !l.Verbose() {
		t.Error("not verbose after SetVerbose(true)")
	}
	all("on")
	l.SetVerbose(false)
	all("off again")

	var got []string
	for _, r := range s.records(t) {
		got = append(got, fmt.Sprint(attributesOf(&r)["asynclog.phase"], " ", r.Body().AsString()))
	}
	want := []string{
		"ERROR off", "ERROR off any",
		"ANALYSIS on", "ANALYSIS on any", "COMPLETION on", "COMPLETION on any", "ERROR on", "ERROR on any",
		"ERROR off again", "ERROR off again any",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("logged\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestPhaseOffDoesNotAllocate(t *testing.T) {
	l := newService(t).phases()
	l.SetVerbose(false)
	ctx := t.Context()
	n := testing.AllocsPerRun(100, func() {
		l.Log(ctx, "ANALYSIS", "…", attribute.String("file", "a.txt"), attribute.Int("n", 1), attribute.Bool("b", true))
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPhaseWithoutContext(t *testing.T) {
	s := newService(t, bridge.WithBaggage())
	l := s.phases(bridge.WithBaggage(), bridge.WithSynchronousWriter(&strings.Builder{}))
	l.Log(nil, bridge.PhaseError, "…") //nolint:staticcheck // a nil context must not panic
	wantAttributes(t, s.last(t), map[string]any{"asynclog.phase": "ERROR"})
	if n := l.WriteFailures(); n != 0 {
		t.Errorf("%d failures", n)
	}
}

type errorsOnly struct{}

func (errorsOnly) Severity() log.Severity { return log.SeverityError }

// TestPhaseBelowMinimum: a record below the minimum is not built, but a synchronous
// phase is still written.
func TestPhaseBelowMinimum(t *testing.T) {
	p := newPipe(t, exportertest.New(), processor.WithMinSeverity(errorsOnly{}))
	var out strings.Builder
	l := bridge.NewPhaseLogger(p, bridge.WithSynchronousWriter(&out))
	l.Log(t.Context(), "ANALYSIS", "not wanted")
	l.LogAny(t.Context(), "ANALYSIS", "not wanted", nil, "")
	l.Log(t.Context(), bridge.PhaseCompletion, "written all the same")
	l.Log(t.Context(), bridge.PhaseError, "wanted")
	if s := p.processor.Stats(); s.Emitted != 1 {
		t.Errorf("%d records emitted, want 1", s.Emitted)
	}
	if n := strings.Count(out.String(), "\n"); n != 2 {
		t.Errorf("%d lines written, want 2:\n%s", n, out.String())
	}
}

// TestPhaseGlobalProvider: nil stands for the global provider, which leads nowhere
// until one is set.
func TestPhaseGlobalProvider(t *testing.T) {
	p := newPipe(t, exportertest.New())
	restore := bridge.Install(p)
	defer restore()
	bridge.NewPhaseLogger(nil).Log(t.Context(), "ANALYSIS", "through the global provider")
	wantBodies(t, p, "through the global provider")
}

func TestPhaseLoggerConcurrentSafe(t *testing.T) {
	s := newService(t)
	var lines wholeLines
	l := s.phases(bridge.WithSynchronousWriter(&lines), bridge.WithExportNow(s.processor.ExportNow))
	const goroutines, rounds = 8, 50
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			ctx := bridge.ContextWithCorrelationID(context.Background(), fmt.Sprint("req-", g))
			for i := range rounds {
				l.SetVerbose(i%2 == 0)
				l.Log(ctx, "ANALYSIS", "…", attribute.Int("i", i))
				l.Log(ctx, bridge.PhaseError, "…", attribute.Int("i", i))
				l.LogAny(ctx, bridge.PhaseError, "…", map[string]any{"i": i}, "")
				_ = l.Verbose()
				_ = l.WriteFailures()
			}
		})
	}
	wg.Wait()
	if n := len(lines.all()); n != 2*goroutines*rounds {
		t.Errorf("%d lines, want %d", n, 2*goroutines*rounds)
	}
	for _, id := range s.logIDs(t) {
		if !strings.HasPrefix(id, "req-") {
			t.Fatalf("a record has the ID %q", id)
		}
	}
}

// wholeLines is a writer that checks that it is given whole lines. It has no mutex, so
// that the race detector finds concurrent calls.
type wholeLines struct {
	lines   []string
	partial bool
}

func (l *wholeLines) Write(p []byte) (int, error) {
	line, ok := strings.CutSuffix(string(p), "\n")
	l.partial = l.partial || !ok || strings.Contains(line, "\n")
	l.lines = append(l.lines, line)
	return len(p), nil
}

func (l *wholeLines) all() []string {
	if l.partial {
		return nil
	}
	return l.lines
}
