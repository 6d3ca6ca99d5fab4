package size

import (
	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// Longest is the most that a field takes beside its content: a tag, and a length
// below 2^35.
const Longest = tag + 5

const (
	// widest is the most that a scalar takes that is not text.
	widest = tag + 10
	// others are all fields of a record at their widest but for what AtMost looks at.
	others = Longest + // the record in its message
		2*fixed64 + // times
		tag + 1 + // severity
		2*Longest + // severity text, event name
		Longest + // body
		Longest + // dropped attributes
		fixed32 + // trace flags
		tag + 1 + 16 + tag + 1 + 8 // IDs
)

// AtMost returns a figure that [Record] does not exceed, and takes a fraction of its
// time. It is some tens of bytes for each attribute too high.
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
	return widest + len(v.AsString()) // which is empty if it is no string
}

// TextAtMost is to [Text] what [AtMost] is to [Record].
func TextAtMost(s string) int { return Longest + len(s) }
