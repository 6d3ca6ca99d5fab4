package value

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/krunchwrapper/asynclog/internal/panictext"
)

// ValidUTF8 returns the text with U+FFFD in place of what is not UTF-8. Protocol
// buffers, and so OTLP, refuse a whole batch for one string that is not UTF-8. Each
// byte is replaced on its own, as in encoding/json.
func ValidUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// Text returns the text as it is kept as a value: valid UTF-8 of at most 16 KiB. A
// longer text ends with "(cut, …)" and the length it had.
func Text(s string) string { return cutText(s, maxText) }

// ErrorText returns the error's text. If Error panics, the text says so, or is
// "<nil>" for a nil pointer, as slog and fmt write it.
func ErrorText(err error) (text string) {
	defer func() {
		v := recover()
		switch {
		case v == nil:
		case isNil(reflect.ValueOf(err)):
			text = "<nil>"
		default:
			text = panickedText("Error", reflect.TypeOf(err), v)
		}
	}()
	return err.Error()
}

// ErrorType returns the type of an error by OpenTelemetry's semantic conventions, or
// the Go type if the error's own method panics.
func ErrorType(err error) (name string) {
	defer func() {
		if recover() != nil {
			name = reflect.TypeOf(err).String()
		}
	}()
	return semconv.ErrorType(err).Value.AsString()
}

func panickedText(method string, t reflect.Type, v any) string {
	return fmt.Sprintf("(%s of %v panicked: %s)", method, t, panictext.Of(v))
}

func (c *converter) float(f float64) attribute.Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return attribute.StringValue(strconv.FormatFloat(f, 'g', -1, 64))
	}
	return attribute.Float64Value(f)
}

// float32 returns the number with the fewest digits that is this float32, as
// encoding/json does: 0.1 and not 0.10000000149011612.
func (c *converter) float32(f float64) attribute.Value {
	if math.Abs(f) < 1<<24 && f == math.Trunc(f) {
		return attribute.Float64Value(f) // has no more digits
	}
	var digits [32]byte
	shortest, _ := strconv.ParseFloat(string(strconv.AppendFloat(digits[:0], f, 'g', -1, 32)), 64)
	return c.float(shortest) // NaN and the infinities, too
}

func (c *converter) unsigned(u uint64) attribute.Value {
	if u > math.MaxInt64 {
		return c.text(strconv.FormatUint(u, 10))
	}
	return attribute.Int64Value(int64(u))
}

func (c *converter) number(n json.Number) attribute.Value {
	if n == "" {
		return attribute.Int64Value(0) // as in encoding/json
	}
	if i, err := n.Int64(); err == nil {
		return attribute.Int64Value(i)
	}
	if f, err := n.Float64(); err == nil && strings.ContainsAny(n.String(), ".eE") {
		return c.float(f)
	}
	return c.text(n.String()) // an integer too large for int64, or not a number
}

func (c *converter) text(s string) attribute.Value {
	out := cutText(s, min(maxText, c.bytes))
	c.bytes = max(0, c.bytes-len(out))
	return attribute.StringValue(out)
}

// binary returns the bytes, or text if they do not all fit: only text can say that
// something is missing.
func (c *converter) binary(b []byte) attribute.Value {
	if limit := min(maxText, c.bytes); len(b) > limit {
		head := base64.StdEncoding.EncodeToString(b[:limit/4*3])
		c.bytes -= len(head)
		return attribute.StringValue(fmt.Sprintf("%s(cut, %d bytes, base64)", head, len(b)))
	}
	c.bytes -= len(b)
	return attribute.ByteSliceValue(b)
}

func (c *converter) key(s string) attribute.Key {
	if s == "" {
		return "(empty)" // OpenTelemetry drops attributes that have no key
	}
	out := cutText(s, min(maxKey, c.bytes))
	c.bytes = max(0, c.bytes-len(out))
	return attribute.Key(out)
}

// cutText returns the text as UTF-8. If the text exceeds the limit, the result is as
// much of it as fits, followed by a note with its length.
func cutText(s string, limit int) string {
	head := s[:min(len(s), limit)]
	whole := len(head) == len(s)
	if !whole {
		head = withoutPartialRune(head)
	}
	out := ValidUTF8(head)
	if whole && len(out) <= limit {
		return out
	}
	if len(out) > limit { // U+FFFD is longer than the byte it replaces
		out = withoutPartialRune(out[:limit])
	}
	return fmt.Sprintf("%s(cut, %d bytes)", out, len(s))
}

// withoutPartialRune removes the first bytes of a rune whose last ones have been cut
// off.
func withoutPartialRune(s string) string {
	for i := 1; i <= min(utf8.UTFMax-1, len(s)); i++ {
		if b := s[len(s)-i]; utf8.RuneStart(b) {
			if !utf8.FullRuneInString(s[len(s)-i:]) {
				return s[:len(s)-i]
			}
			break
		}
	}
	return s
}
