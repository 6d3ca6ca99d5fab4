package bridge

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
)

func (c *converter) float(f float64) attribute.Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return attribute.StringValue(strconv.FormatFloat(f, 'g', -1, 64))
	}
	return attribute.Float64Value(f)
}

func (c *converter) number(n json.Number) attribute.Value {
	if i, err := n.Int64(); err == nil {
		return attribute.Int64Value(i)
	}
	if f, err := n.Float64(); err == nil && strings.ContainsAny(n.String(), ".eE") {
		return c.float(f)
	}
	return c.text(n.String()) // an integer too large for int64, or no number at all
}

func (c *converter) text(s string) attribute.Value {
	out := cutText(s, min(maxText, c.bytes))
	c.bytes = max(0, c.bytes-len(out))
	return attribute.StringValue(out)
}

// binary returns bytes, or text if some had to be left out: bytes cannot say so.
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

// cutText returns the text as UTF-8, or as much of it as the limit allows and
// how long it was.
func cutText(s string, limit int) string {
	head := s[:min(len(s), limit)]
	whole := len(head) == len(s)
	if !whole {
		head = withoutPartialRune(head)
	}
	out := valid(head)
	if whole && len(out) <= limit {
		return out
	}
	if len(out) > limit { // replacing has made it longer
		out = withoutPartialRune(out[:limit])
	}
	return fmt.Sprintf("%s(cut, %d bytes)", out, len(s))
}

// withoutPartialRune takes off the first bytes of a rune whose last ones have been
// cut off.
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

// valid makes text fit for OTLP: protocol buffers refuse a whole batch for one
// string that is not UTF-8.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
