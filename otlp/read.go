package otlp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"time"

	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/internal/otlpwire"
)

// Record is a view of an encoded record. It shares the memory of the bytes that it
// was read from and is valid as long as they do not change. What its methods return
// as a string, a time or an ID is a copy.
//
// The zero Record has no fields set.
type Record struct {
	fields         []byte // all of them
	body           []byte
	severityText   []byte
	eventName      []byte
	time, observed uint64
	severity       log.Severity
	dropped        uint32
	flags          trace.TraceFlags
	traceID        trace.TraceID
	spanID         trace.SpanID
}

// ReadRecord reads the first of the framed records in b, and returns the bytes behind
// it. The whole record is checked, values too, so the methods of the Record cannot
// fail.
//
// The error wraps [ErrMalformed] if b does not begin with a record that a protobuf
// decoder would take. b may be anything: ReadRecord does not panic, does not allocate
// but for an error, and its time is linear in the size of the record.
func ReadRecord(b []byte) (r Record, rest []byte, err error) {
	frame, rest := nextField(b)
	if frame.err != nil {
		return Record{}, nil, frame.err
	}
	if frame.tag != otlpwire.ScopeLogRecords {
		return Record{}, nil, malformed("field %d in place of a record", frame.tag>>3)
	}
	if err := r.read(frame.bytes); err != nil {
		return Record{}, nil, err
	}
	return r, rest, nil
}

// Records returns the framed records in b, which stand one behind the other. The
// iteration ends with the first that is damaged: it yields the error of [ReadRecord].
func Records(b []byte) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for len(b) > 0 {
			r, rest, err := ReadRecord(b)
			if !yield(r, err) || err != nil {
				return
			}
			b = rest
		}
	}
}

func (r *Record) read(content []byte) error {
	r.fields = content
	for f := range fields(content) {
		if f.err != nil {
			return f.err
		}
		var err error
		switch f.tag {
		case otlpwire.LogTime:
			r.time = f.number
		case otlpwire.LogObservedTime:
			r.observed = f.number
		case otlpwire.LogSeverityNumber:
			r.severity = log.Severity(int32(f.number)) //nolint:gosec // an enum is an int32, cut as protobuf does
		case otlpwire.LogSeverityText:
			r.severityText, err = f.bytes, checkText(f.bytes)
		case otlpwire.LogEventName:
			r.eventName, err = f.bytes, checkText(f.bytes)
		case otlpwire.LogBody:
			r.body, err = f.bytes, checkValue(f.bytes, 0)
		case otlpwire.LogAttributes:
			err = checkKeyValue(f.bytes, 0)
		case otlpwire.LogDroppedAttributes:
			r.dropped = uint32(f.number) //nolint:gosec // cut as protobuf does
		case otlpwire.LogFlags:
			r.flags = trace.TraceFlags(f.number) //nolint:gosec // the other bits are reserved
		case otlpwire.LogTraceID:
			err = copyID(r.traceID[:], f.bytes)
		case otlpwire.LogSpanID:
			err = copyID(r.spanID[:], f.bytes)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func copyID(dst, src []byte) error {
	if len(src) != len(dst) && len(src) != 0 {
		return malformed("ID of %d bytes, not %d", len(src), len(dst))
	}
	clear(dst)
	copy(dst, src)
	return nil
}

// Timestamp returns the time when the event occurred, in UTC. It is the zero time if
// it is not set.
func (r *Record) Timestamp() time.Time { return timeOf(r.time) }

// ObservedTimestamp returns the time when the record was made, in UTC. It is the zero
// time if it is not set.
func (r *Record) ObservedTimestamp() time.Time { return timeOf(r.observed) }

func timeOf(ns uint64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(int64(ns/1e9), int64(ns%1e9)).UTC() //nolint:gosec // both are less than an int64 holds
}

// Severity returns the severity number.
func (r *Record) Severity() log.Severity { return r.severity }

// SeverityText returns the name of the level at its source.
func (r *Record) SeverityText() string { return string(r.severityText) }

// EventName returns the name of the event.
func (r *Record) EventName() string { return string(r.eventName) }

// Body returns the body, a view.
func (r *Record) Body() Value { return valueOf(r.body) }

// WalkAttributes calls f for each attribute, in order, until f returns false. The key
// is a copy, the value a view.
func (r *Record) WalkAttributes(f func(key string, v Value) bool) {
	walkKeyValues(r.fields, otlpwire.LogAttributes, f)
}

// DroppedAttributes returns the number of attributes that a limit removed.
func (r *Record) DroppedAttributes() int { return int(r.dropped) }

// TraceID returns the trace ID, zero if it is not set.
func (r *Record) TraceID() trace.TraceID { return r.traceID }

// SpanID returns the span ID, zero if it is not set.
func (r *Record) SpanID() trace.SpanID { return r.spanID }

// TraceFlags returns the flags of the trace.
func (r *Record) TraceFlags() trace.TraceFlags { return r.flags }

// Clone returns a Record with memory of its own.
func (r *Record) Clone() Record {
	var c Record
	_ = c.read(bytes.Clone(r.fields)) // was read before
	return c
}

// field is one field of a message.
type field struct {
	tag    uint64 // its number and wire type
	number uint64 // of a varint, fixed32 or fixed64
	bytes  []byte // of a field with a length
	err    error  // the message is damaged here; nothing else is set
}

// fields returns the fields of a message, the last of them perhaps an error.
func fields(b []byte) iter.Seq[field] {
	return func(yield func(field) bool) {
		for len(b) > 0 {
			var f field
			if f, b = nextField(b); !yield(f) {
				return
			}
		}
	}
}

// nextField reads one field and returns what is behind it.
func nextField(b []byte) (f field, rest []byte) {
	tag, n := binary.Uvarint(b)
	if n <= 0 || tag>>3 == 0 || tag > math.MaxUint32 {
		return field{err: malformed("no tag")}, nil
	}
	b = b[n:]
	switch f.tag = tag; tag & 7 {
	case 0: // varint
		f.number, n = binary.Uvarint(b)
		if n <= 0 {
			return field{err: malformed("field %d: no varint", tag>>3)}, nil
		}
		return f, b[n:]
	case 1: // 8 bytes
		if len(b) < 8 {
			return field{err: malformed("field %d: cut off", tag>>3)}, nil
		}
		f.number = binary.LittleEndian.Uint64(b)
		return f, b[8:]
	case 2: // a length, and as many bytes
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return field{err: malformed("field %d: cut off", tag>>3)}, nil
		}
		end := n + int(size) //nolint:gosec // at most len(b)
		f.bytes = b[n:end:end]
		return f, b[end:]
	case 5: // 4 bytes
		if len(b) < 4 {
			return field{err: malformed("field %d: cut off", tag>>3)}, nil
		}
		f.number = uint64(binary.LittleEndian.Uint32(b))
		return f, b[4:]
	default: // groups, which OTLP does not have
		return field{err: malformed("field %d: wire type %d", tag>>3, tag&7)}, nil
	}
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}
