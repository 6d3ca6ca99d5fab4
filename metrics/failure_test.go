package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

type typedError string

func (e typedError) Error() string     { return "failed: " + string(e) }
func (e typedError) ErrorType() string { return string(e) }

type pointerError struct{ text string }

func (e *pointerError) Error() string { return e.text }

type nilMethodError struct{ kind string }

func (e *nilMethodError) Error() string     { return e.kind }
func (e *nilMethodError) ErrorType() string { return e.kind }

func TestErrorType(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"nil", nil, ""},
		{"sentinel", errBroken, "*errors.errorString"},
		{"pointer", &pointerError{}, "*metrics_test.pointerError"},
		{"library", &os.PathError{Op: "open", Err: os.ErrNotExist}, "*fs.PathError"},
		{"deadline", context.DeadlineExceeded, "context.deadlineExceededError"},
		{"wrapped", fmt.Errorf("reading: %w", context.DeadlineExceeded), "context.deadlineExceededError"},
		{"joined", errors.Join(errBroken, errBroken), "*errors.joinError"},
		{"method", typedError("500"), "500"},
		{"wrapped method", fmt.Errorf("asking: %w", typedError("429")), "429"},
		{"empty method", typedError(""), "github.com/krunchwrapper/asynclog/metrics_test.typedError"},
		{"panicking method", (*nilMethodError)(nil), "_OTHER"},
		{"not UTF-8", typedError("a\xffb"), "a?b"},
		{"long", typedError(strings.Repeat("x", 1000)), strings.Repeat("x", 128)},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, reader := start(t)
			m.Start(t.Context(), "parse").StopErr(c.err)
			if got, want := counts(t, reader), map[point]uint64{{"parse", c.want}: 1}; !maps.Equal(got, want) {
				t.Errorf("histogram %v, want %v", got, want)
			}
			if failed := m.Stats()["parse"].Failures == 1; failed != (c.err != nil) {
				t.Errorf("statistics %+v", m.Stats())
			}
		})
	}
}

func TestErrorTypesAreBounded(t *testing.T) {
	m, reader := start(t)
	for i := range 1000 {
		m.Start(t.Context(), "parse").StopErr(typedError(fmt.Sprintf("request %d", i)))
	}
	m.Start(t.Context(), "parse").StopErr(typedError("request 3"))
	got := counts(t, reader)
	if len(got) != 17 {
		t.Errorf("%d series, want 16 types and _OTHER", len(got))
	}
	if n := got[point{"parse", "_OTHER"}]; n != 984 {
		t.Errorf("%d failures as _OTHER, want 984", n)
	}
	if n := got[point{"parse", "request 3"}]; n != 2 {
		t.Errorf("%d failures of a known type, want 2", n)
	}
	for p := range got {
		if !utf8.ValidString(p.errorType) {
			t.Errorf("%q", p.errorType)
		}
	}
}
