package fallback

import (
	"fmt"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
)

const (
	// MaxLine is the size of the longest line, with its line break. Docker's drivers for
	// logs split lines that are longer.
	MaxLine = 16 << 10
	// MaxShortLine is the size of the longest line of a copy or a notice.
	MaxShortLine = 2 << 10

	// maxName is the room for a name: of an event, a severity, a scope or an attribute.
	maxName = 256
	// cutKey is the key of the attribute that says how many others have been cut.
	cutKey = "asynclog.cut"
	// cutRoom is the room for that attribute.
	cutRoom = len(`,{"Key":"asynclog.cut","Value":{"Type":"STRING","Value":"9223372036854775807 attributes"}}`)
)

// appendLine appends a line of JSON, at most limit bytes long, with the field names of the
// stdoutlog exporter: the time, the severity, the message, the attributes, the trace, and
// the name of the scope. It leaves the resource out, which is the same on every line of a
// process, and fields that are empty.
//
// It can write every value: what has no form in JSON, as NaN, becomes text, and so does
// the beginning of a value that is too long. Control characters, also those that JSON
// allows, and characters that hide or reorder text are escaped.
func appendLine(b []byte, c *content, limit int) []byte {
	l := line{b: b}
	end := len(b) + limit
	if l.append(c, end, false) {
		return l.b
	}
	l.b = l.b[:len(b)]
	l.append(c, end, true)
	return l.b
}

// line is a line that is being written.
type line struct {
	b   []byte
	cut bool // something did not fit
}

// append appends the line. It reports whether nothing was cut. If fair is set, no text
// gets more than half of the room that is left, so that others have room, too.
func (l *line) append(c *content, end int, fair bool) bool {
	l.cut = false
	var buf [1024]byte
	tail := line{b: buf[:0]}
	tail.tail(c)
	end -= len(tail.b)

	room := func() int {
		if fair {
			return len(l.b) + (end-len(l.b))/2
		}
		return end
	}
	l.head(c)
	end -= len(`,"Attributes":[]`) + cutRoom
	l.b = append(l.b, `,"Body":`...)
	if begin := len(l.b); !l.value(&c.body, room()) {
		l.b = append(l.b[:begin], "null"...)
	}
	if c.attributes > 0 {
		l.b = append(l.b, `,"Attributes":[`...)
		omitted := 0
		separator := ""
		c.walk(func(kv attribute.KeyValue) bool {
			begin := len(l.b)
			l.b = append(l.b, separator...)
			if l.pair(&kv, room()) {
				separator = ","
			} else {
				l.b = l.b[:begin]
				omitted++
			}
			return true
		})
		if omitted > 0 {
			l.cut = true
			l.b = fmt.Appendf(l.b, `%s{"Key":"%s","Value":{"Type":"STRING","Value":"%d attributes"}}`, separator, cutKey, omitted)
		}
		l.b = append(l.b, ']')
	}
	l.b = append(l.b, tail.b...)
	return !l.cut
}

// head appends the fields before the body. They take less than 1 KiB.
func (l *line) head(c *content) {
	l.b = append(l.b, '{')
	if !c.time.IsZero() {
		l.b = append(l.b, `"Timestamp":"`...)
		l.b = c.time.AppendFormat(l.b, time.RFC3339Nano)
		l.b = append(l.b, `",`...)
	}
	if c.eventName != "" {
		l.b = append(l.b, `"EventName":`...)
		l.text(c.eventName, len(l.b)+maxName, bytesCut)
		l.b = append(l.b, ',')
	}
	l.b = append(l.b, `"Severity":`...)
	l.b = strconv.AppendInt(l.b, int64(c.severity), 10)
	text := c.severityText
	if text == "" && c.severity != log.SeverityUndefined {
		text = c.severity.String()
	}
	l.b = append(l.b, `,"SeverityText":`...)
	l.text(text, len(l.b)+maxName, bytesCut)
}

// tail appends the fields after the attributes. They take less than 1 KiB.
func (l *line) tail(c *content) {
	if c.traceID.IsValid() {
		l.b = append(append(append(l.b, `,"TraceID":"`...), c.traceID.String()...), '"')
	}
	if c.spanID.IsValid() {
		l.b = append(append(append(l.b, `,"SpanID":"`...), c.spanID.String()...), '"')
	}
	if c.scope != "" {
		l.b = append(l.b, `,"Scope":{"Name":`...)
		l.text(c.scope, len(l.b)+maxName, bytesCut)
		l.b = append(l.b, '}')
	}
	if c.dropped > 0 {
		l.b = append(l.b, `,"DroppedAttributes":`...)
		l.b = strconv.AppendInt(l.b, int64(c.dropped), 10)
	}
	l.b = append(l.b, "}\n"...)
}
