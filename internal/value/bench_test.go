package value_test

import (
	"errors"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/krunchwrapper/asynclog/internal/value"
)

// BenchmarkOf is the conversion of typical data of a log call.
func BenchmarkOf(b *testing.B) {
	type document struct {
		Name   string        `json:"name"`
		Tokens []int         `json:"tokens"`
		Took   time.Duration `json:"took"`
		Owner  *string       `json:"owner,omitempty"`
	}
	doc := document{Name: "prompt.txt", Tokens: []int{1, 2, 3, 4}, Took: time.Second}
	for _, c := range []struct {
		name string
		v    any
	}{
		{"string", "a text of ordinary length"},
		{"int32", int32(7)},
		{"duration", time.Second},
		{"error", errors.New("broken")},
		{"attributes", []attribute.KeyValue{attribute.String("file", "prompt.txt"), attribute.Int("tokens", 1234)}},
		{"map", map[string]any{"file": "prompt.txt", "tokens": 1234, "ratio": 0.5}},
		{"struct", doc},
		{"pointer", &doc},
		{"list", []any{1, "two", 3.0, nil, true, doc}},
		{"ints", []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
		{"nested", map[string]any{"docs": []*document{&doc, &doc}, "by": map[string]int{"a": 1, "b": 2}}},
	} {
		b.Run("value="+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				value.Of(c.v)
			}
		})
	}
}
