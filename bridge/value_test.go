package bridge_test

import (
	"encoding/json"
	"errors"
	"fmt"
	stdlog "log"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

// card hides its number with a method of the pointer.
type card struct{ Number string }

func (*card) MarshalText() ([]byte, error) { return []byte("***"), nil }

// TestLogAnyAsksPointers: what a method of the pointer hides is in no attribute.
func TestLogAnyAsksPointers(t *testing.T) {
	type payment struct {
		Card  card            `json:"card"`
		Cards []card          `json:"cards"`
		By    map[string]card `json:"by"`
	}
	c := card{"4111-1111"}
	paid := payment{c, []card{c}, map[string]card{"a": c}}
	for name, data := range map[string]any{"value": paid, "pointer": &paid, "map": map[string]any{"p": paid}, "card": c} {
		p := newPipe(t, exportertest.New())
		bridge.NewPhaseLogger(p).LogAny(t.Context(), "pay", "text", data, "id")
		r := p.only(t)
		if got := fmt.Sprint(attributesOf(&r)); strings.Contains(got, "4111") || !strings.Contains(got, "***") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// The methods of these types log, in the ways that a program has.
type (
	logsInString      struct{ log func(text string) }
	logsInError       struct{ log func(text string) }
	logsInText        struct{ log func(text string) }
	logsInTextPointer struct{ log func(text string) }
	logsInJSON        struct{ log func(text string) }
	logsInLogValue    struct{ log func(text string) }
)

func (v logsInString) String() string { v.log("String"); return "text" }
func (v logsInError) Error() string   { v.log("Error"); return "text" }
func (v logsInText) MarshalText() ([]byte, error) {
	v.log("MarshalText")
	return []byte("text"), nil
}

func (v *logsInTextPointer) MarshalText() ([]byte, error) {
	v.log("MarshalText")
	return []byte("text"), nil
}

func (v logsInJSON) MarshalJSON() ([]byte, error) {
	v.log("MarshalJSON")
	return json.Marshal("text")
}
func (v logsInLogValue) LogValue() slog.Value { v.log("LogValue"); return slog.StringValue("text") }

// TestMethodsThatLog: a method of a logged value may log itself, with and without a
// queue. Both records arrive, and nobody waits for himself.
func TestMethodsThatLog(t *testing.T) {
	for mode, opts := range map[string][]processor.Option{
		"queue":       nil,
		"small queue": {processor.WithMaxQueueSize(8), processor.WithExportMaxBatchSize(1), processor.WithOverflow(processor.Block(time.Second))},
		"synchronous": {processor.WithSynchronous()},
	} {
		t.Run(mode, func(t *testing.T) {
			keepState(t)
			p := newPipe(t, exportertest.New(), opts...)
			defer bridge.Install(p)()
			phases := bridge.NewPhaseLogger(p)
			within(t, 20*time.Second, func() { logFromMethods(t, p, phases) })
		})
	}
}

func logFromMethods(t *testing.T, p *pipe, phases *bridge.PhaseLogger) {
	inner := map[string]func(text string){
		"slog":    func(text string) { slog.Info(text) },
		"log":     func(text string) { stdlog.Print(text) },
		"LogAny":  func(text string) { phases.LogAny(t.Context(), "p", text, errors.New("inner"), "id") },
		"ValueOf": func(text string) { slog.Info(text, "v", bridge.ValueOf([]any{card{"1"}})) },
	}
	outer := map[string]func(v any){
		"slog":   func(v any) { slog.Info("outer", "v", v) },
		"With":   func(v any) { slog.With("v", v).Info("outer") },
		"list":   func(v any) { slog.Info("outer", "v", []any{v}) },
		"panic":  func(v any) { slog.Info("outer", "v", []any{v, hostileError{}}) },
		"LogAny": func(v any) { phases.LogAny(t.Context(), "p", "outer", map[string]any{"v": v}, "id") },
	}
	for i, log := range inner {
		methods := []any{
			logsInString{log}, logsInError{log}, logsInText{log}, logsInTextPointer{log}, &logsInTextPointer{log}, logsInJSON{log}, logsInLogValue{log},
		}
		for o, logOuter := range outer {
			for _, v := range methods {
				before := len(p.records(t))
				logOuter(v)
				bodies := p.bodies(t)[before:]
				if n := len(bodies); n == 0 || !slices.Contains(bodies, "outer") {
					t.Errorf("%s within %s, %T: records %q", i, o, v, bodies)
				}
				if o == "LogAny" && len(bodies) != 2 { // otelslog does not call all methods
					t.Errorf("%s within LogAny, %T: records %q", i, v, bodies)
				}
			}
		}
	}
}

// within fails if f takes longer.
func within(t *testing.T, limit time.Duration, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(limit):
		t.Error("did not return in time")
	}
}

// TestDeepNesting: ten thousand levels take little time and memory, however they are
// logged.
func TestDeepNesting(t *testing.T) {
	const levels = 10_000
	var maps, lists, pointers any = 1, 1, 1
	group := slog.Int("n", 1)
	err := errors.New("deep")
	for range levels {
		maps, lists = map[string]any{"m": maps}, []any{lists}
		inner := pointers
		pointers = &inner
		group = slog.Attr{Key: "g", Value: slog.GroupValue(group)}
		err = wrapsError{err}
	}
	for name, v := range map[string]any{"maps": maps, "lists": lists, "pointers": pointers, "group": group, "error": err} {
		p := newPipe(t, exportertest.New())
		l := slog.New(bridge.NewHandler("test", bridge.WithLoggerProvider(p)))
		phases := bridge.NewPhaseLogger(p)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		phases.LogAny(t.Context(), "p", "text", v, "id")
		l.Info("text", "v", bridge.ValueOf(v))
		if a, ok := v.(slog.Attr); ok {
			l.Info("text", a)
		} else {
			l.Info("text", "v", v)
		}
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; took > 5*time.Second || n > 64<<20 {
			t.Errorf("%s: %v, %d bytes", name, took, n)
		}
		if got := len(p.records(t)); got != 3 {
			t.Errorf("%s: %d records, want 3", name, got)
		}
		t.Logf("%s: %v, %d KiB allocated", name, took, (after.TotalAlloc-before.TotalAlloc)>>10)
	}
}

type wrapsError struct{ error }

func (e wrapsError) Unwrap() error { return e.error }
