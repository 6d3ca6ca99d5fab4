package value_test

import (
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/krunchwrapper/asynclog/internal/value"
)

// codedError is an error that describes itself to slog.
type codedError struct{}

func (codedError) Error() string        { return "not called" }
func (codedError) LogValue() slog.Value { return slog.GroupValue(slog.Int("code", 7)) }

// hostileType is an error whose ErrorType panics.
type hostileType struct{}

func (hostileType) Error() string     { return "text" }
func (hostileType) ErrorType() string { panic("type") }

// TestAttributes: members become attributes, and data without members one attribute.
func TestAttributes(t *testing.T) {
	var noError *nilError
	for name, c := range map[string]struct {
		v    any
		want []attribute.KeyValue
	}{
		"nil":             {nil, nil},
		"nil error":       {noError, nil},
		"text":            {"a", []attribute.KeyValue{attribute.String("data", "a")}},
		"map":             {map[string]int{"b": 2, "a": 1}, []attribute.KeyValue{attribute.Int("a", 1), attribute.Int("b", 2)}},
		"struct":          {inner{1, "x"}, []attribute.KeyValue{attribute.Int("id", 1), attribute.String("inner_name", "x")}},
		"attributes":      {[]attribute.KeyValue{attribute.Int("a", 1)}, []attribute.KeyValue{attribute.Int("a", 1)}},
		"slog attributes": {[]slog.Attr{slog.Int("a", 1)}, []attribute.KeyValue{attribute.Int("a", 1)}},
		"error": {errors.New("broken"), []attribute.KeyValue{
			attribute.String("exception.type", "*errors.errorString"), attribute.String("exception.message", "broken"),
		}},
		"error with LogValue": {codedError{}, []attribute.KeyValue{attribute.Int("code", 7)}},
		"error that panics": {hostileError{"Error panics"}, []attribute.KeyValue{
			attribute.String("exception.type", "github.com/krunchwrapper/asynclog/internal/value_test.hostileError"),
			attribute.String("exception.message", "(Error of value_test.hostileError panicked: at the disco)"),
		}},
		"error whose type panics": {hostileType{}, []attribute.KeyValue{
			attribute.String("exception.type", "value_test.hostileType"), attribute.String("exception.message", "text"),
		}},
	} {
		if got := value.Attributes("data", c.v); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// nilError is an error whose Error panics for a nil pointer.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

func TestErrorText(t *testing.T) {
	for want, err := range map[string]error{
		"broken": errors.New("broken"),
		"<nil>":  (*nilError)(nil),
		"(Error of value_test.hostileError panicked: at the disco)": hostileError{"Error panics"},
	} {
		if got := value.ErrorText(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestText(t *testing.T) {
	for s, want := range map[string]string{
		"":                             "",
		"a\xffb":                       "a\uFFFDb",
		strings.Repeat("x", maxText):   strings.Repeat("x", maxText),
		strings.Repeat("x", maxText+1): strings.Repeat("x", maxText) + "(cut, 16385 bytes)",
	} {
		if got := value.Text(s); got != want {
			t.Errorf("%.20q has become %q", s, got[max(0, len(got)-40):])
		}
	}
}
