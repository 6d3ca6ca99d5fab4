package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/bridge"
)

type document struct {
	Name  string `json:"name"`
	Size  int    `json:"size,omitempty"`
	owner string
}

type textError string

func (e textError) Error() string { return string(e) }

type loggedError struct{ error }

func (loggedError) LogValue() slog.Value { return slog.GroupValue(slog.Int("code", 7)) }

// TestLogAnyData: members of the data become attributes; data without members is one
// attribute.
func TestLogAnyData(t *testing.T) {
	doc := document{Name: "a.txt", Size: 3, owner: "not exported"}
	var noDocument *document
	for name, c := range map[string]struct {
		data any
		want map[string]any
	}{
		"nil":         {nil, map[string]any{}},
		"nil pointer": {noDocument, map[string]any{}},
		"empty map":   {map[string]any{}, map[string]any{}},
		"map":         {map[string]any{"a": 1, "b": map[string]bool{"c": true}}, map[string]any{"a": int64(1), "b": map[string]any{"c": true}}},
		"struct":      {doc, map[string]any{"name": "a.txt", "size": int64(3)}},
		"pointer":     {&doc, map[string]any{"name": "a.txt", "size": int64(3)}},
		"attributes":  {[]attribute.KeyValue{attribute.Int("a", 1)}, map[string]any{"a": int64(1)}},
		"slog":        {[]slog.Attr{slog.Int("a", 1), slog.Any("", slog.GroupValue(slog.Int("b", 2)))}, map[string]any{"a": int64(1), "b": int64(2)}},
		"text":        {"text", map[string]any{"asynclog.data": "text"}},
		"number":      {7, map[string]any{"asynclog.data": int64(7)}},
		"empty key":   {map[string]int{"": 1}, map[string]any{"(empty)": int64(1)}},
		"phase":       {map[string]any{"asynclog.phase": "mine"}, map[string]any{}},
		"error with a type of its own": {
			fmt.Errorf("asking: %w", timeoutError{}), map[string]any{"exception.type": "timeout", "exception.message": "asking: too late"},
		},
		"error whose type panics": {
			panickingType{}, map[string]any{"exception.type": "bridge_test.panickingType", "exception.message": "text"},
		},
		"error": {errors.New("broken"), map[string]any{"exception.type": "*errors.errorString", "exception.message": "broken"}},
		"wrapped error": {
			fmt.Errorf("reading: %w", textError("broken")),
			map[string]any{"exception.type": "github.com/krunchwrapper/asynclog/bridge_test.textError", "exception.message": "reading: broken"},
		},
		"error that logs": {loggedError{errors.New("broken")}, map[string]any{"code": int64(7)}},
		"error that panics": {panickingError{}, map[string]any{
			"exception.type":    "github.com/krunchwrapper/asynclog/bridge_test.panickingError",
			"exception.message": "(Error of bridge_test.panickingError panicked: at the disco)",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			s.phases().LogAny(t.Context(), "ANALYSIS", "…", c.data, "req-1")
			c.want["asynclog.phase"], c.want["correlation.id"] = "ANALYSIS", "req-1"
			wantAttributes(t, s.last(t), c.want)
		})
	}
}

type panickingError struct{}

func (panickingError) Error() string { panic("at the disco") }

// TestLogAnyCorrelation: the ID is the given one, else the context's, else the trace's,
// else a new one. It is always on the record, and never on the span.
func TestLogAnyCorrelation(t *testing.T) {
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{0xaa}, SpanID: trace.SpanID{0xbb}})
	traced := trace.ContextWithSpanContext(t.Context(), sc)
	withID := bridge.ContextWithCorrelationID(traced, "from-context")
	own := map[string]any{"correlation.id": "from-data"}
	for name, c := range map[string]struct {
		ctx  context.Context
		data any
		id   string
		want string
	}{
		"given":             {withID, nil, "given", "given"},
		"given twice":       {withID, own, "given", "given"},
		"data":              {withID, own, "", "from-data"},
		"context":           {withID, nil, "", "from-context"},
		"trace":             {traced, nil, "", sc.TraceID().String()},
		"not UTF-8":         {t.Context(), nil, "a\xffb", "a\uFFFDb"},
		"without a context": {nil, nil, "given", "given"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			s.phases().LogAny(c.ctx, "ANALYSIS", "…", c.data, c.id)
			wantAttributes(t, s.last(t), map[string]any{"asynclog.phase": "ANALYSIS", "correlation.id": c.want})
		})
	}
	t.Run("new", func(t *testing.T) {
		s := newService(t)
		l := s.phases()
		l.LogAny(t.Context(), "ANALYSIS", "…", nil, "")
		l.LogAny(nil, "ANALYSIS", "…", nil, "") //nolint:staticcheck // callers that pass IDs as strings may have no context
		ids := s.logIDs(t)
		if len(ids) != 2 || !isHexID(ids[0]) || !isHexID(ids[1]) || ids[0] == ids[1] {
			t.Errorf("IDs %q, want two that are new", ids)
		}
	})
	t.Run("span", func(t *testing.T) {
		s := newService(t)
		ctx, span := s.tracer.Start(t.Context(), "request")
		s.phases().LogAny(ctx, "ANALYSIS", "…", nil, "given")
		span.End()
		if ids := s.spanIDs(); ids[0] != "" {
			t.Errorf("the span has the ID %q", ids[0])
		}
	})
	t.Run("without processor", func(t *testing.T) {
		s := newService(t, bridge.WithCorrelationKey("other"))
		s.phases(bridge.WithCorrelationKey("request.id")).LogAny(t.Context(), "ANALYSIS", "…", nil, "given")
		wantAttributes(t, s.last(t), map[string]any{"asynclog.phase": "ANALYSIS", "request.id": "given"})
	})
}

// TestLogAnyText: OTLP refuses a batch for one string that is not UTF-8.
func TestLogAnyText(t *testing.T) {
	s := newService(t)
	s.phases().LogAny(t.Context(), "A\xff", "b\xff", map[string]any{"c\xff": "d\xff"}, "id")
	r := s.last(t)
	if body := r.Body().AsString(); body != "b\uFFFD" {
		t.Errorf("body %q", body)
	}
	wantAttributes(t, r, map[string]any{"asynclog.phase": "A\uFFFD", "c\uFFFD": "d\uFFFD", "correlation.id": "id"})
}

func TestLogAnyKeepsTheMessageWhole(t *testing.T) {
	s := newService(t)
	message := strings.Repeat("a long prompt ", 10_000)
	s.phases().LogAny(t.Context(), "ANALYSIS", message, strings.Repeat("x", 1<<20), "id")
	r := s.last(t)
	if got := r.Body().AsString(); got != message {
		t.Errorf("the message has %d bytes, want %d", len(got), len(message))
	}
}

func isHexID(id string) bool {
	return len(id) == 32 && strings.Trim(id, "0123456789abcdef") == "" && strings.Trim(id, "0") != ""
}

// timeoutError has an error.type of its own.
type timeoutError struct{}

func (timeoutError) Error() string     { return "too late" }
func (timeoutError) ErrorType() string { return "timeout" }
