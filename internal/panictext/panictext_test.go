package panictext_test

import (
	"errors"
	"testing"

	"github.com/krunchwrapper/asynclog/internal/panictext"
)

// hostile is an error whose Error method panics with another hostile.
type hostile struct{}

func (hostile) Error() string { panic(hostile{}) }

// empty is an error whose Error method panics on a nil pointer, as many do.
type empty struct{ text string }

func (e *empty) Error() string { return e.text }

func TestOf(t *testing.T) {
	for want, v := range map[string]any{
		"index out of range":       errors.New("index out of range"),
		"text":                     "text",
		"<nil>":                    (*empty)(nil),
		"(panictext_test.hostile)": hostile{},
	} {
		if got := panictext.Of(v); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
