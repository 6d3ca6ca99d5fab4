package size

import (
	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// Longest is the largest size of a field without its content: a tag, and a length below
// 2^35.
const Longest = tag + 5

const (
	// widest is the largest size of a scalar that is not text.
	widest = tag + 10
	// others is the largest size of all fields of a record that AtMost does not look at.
	others = Longest + // the record in its message
		2*fixed64 + // times
		tag + 1 + // severity
		2*Longest + // severity text, event name
		Longest + // body
		Longest + // dropped attributes
		fixed32 + // trace flags
		tag + 1 + 16 + tag + 1 + 8 // IDs
)

// AtMost returns an upper bound of [Record] in a fraction of the time. It is some tens of
// bytes too high for each attribute.
func AtMost(r *sdklog.Record) int {
	body := r.Body()
	n := others + len(r.SeverityText()) + len(r.EventName()) + valueAtMost(&body)
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		n += 3*Longest + len(kv.Key) + valueAtMost(&kv.Value)
		return true
	})
	return n
}

func valueAtMost(v *attribute.Value) int {
	if v.Type() > attribute.STRING {
		return value(v)
	}
	return widest + len(v.AsString()) // empty if the value is not a string
}

// TextAtMost returns an upper bound of [Text].
func TextAtMost(s string) int { return Longest + len(s) }
