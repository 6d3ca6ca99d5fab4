package otlp

import (
	"sync"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/otlpwire"
)

// AppendRecord appends the record to dst, encoded as an OTLP LogRecord and framed as
// it stands in a ScopeLogs message, and returns the longer slice. The framed record
// is what was appended.
//
// The fields are those that OpenTelemetry's own exporters send. Two things are mended
// on the way: text that is not UTF-8 gets U+FFFD in place of the invalid bytes, since
// a receiver would refuse the whole request for it; and of a repeated key, in the
// attributes, in a map and in the body, only the last value is sent, in the place of
// the first, so that a provider may be built with sdklog.WithAllowKeyDuplication. A
// severity outside of 1 … 24 is sent as unspecified. What is nested more than 500
// levels deep is left out.
//
// AppendRecord does not allocate for scalar values if dst has the capacity, and once
// for each slice, map and byte slice. It keeps neither dst nor the record, and it
// does not change the record. It may be called concurrently, each call with a dst of
// its own.
func AppendRecord(dst []byte, r *sdklog.Record) []byte {
	b, at := otlpwire.BeginRecord(dst)
	b = otlpwire.AppendTime(b, otlpwire.LogTime, r.Timestamp())
	b = otlpwire.AppendTime(b, otlpwire.LogObservedTime, r.ObservedTimestamp())
	b = otlpwire.AppendSeverity(b, int(r.Severity()))
	b = otlpwire.AppendText(b, otlpwire.LogSeverityText, r.SeverityText())
	b = otlpwire.AppendValue(b, otlpwire.LogBody, r.Body())
	switch n := r.AttributesLen(); {
	case n == 0:
	case n <= fewAttributes:
		b = appendAttributes(b, r)
	default:
		b = appendManyAttributes(b, r)
	}
	b = otlpwire.AppendUint32(b, otlpwire.LogDroppedAttributes, r.DroppedAttributes())
	b = otlpwire.AppendFlags(b, byte(r.TraceFlags()))
	b = otlpwire.AppendTraceID(b, r.TraceID())
	b = otlpwire.AppendSpanID(b, r.SpanID())
	b = otlpwire.AppendText(b, otlpwire.LogEventName, r.EventName())
	return otlpwire.EndRecord(b, at)
}

// fewAttributes is the number of attributes up to which a small set of bits finds a
// repeated key. With more of them the set would be wrong too often, and every time
// costs a comparison with all keys before.
const fewAttributes = 32

// appendAttributes encodes the attributes on the assumption that no key is repeated,
// and starts again when it meets one.
func appendAttributes(b []byte, r *sdklog.Record) []byte {
	var keys otlpwire.KeySet
	start, n, repeated := len(b), 0, false
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		if keys.Add(string(kv.Key)) && isAmongFirst(r, n, kv.Key) {
			repeated = true
			return false
		}
		n++
		b = otlpwire.AppendKeyValue(b, otlpwire.LogAttributes, &kv)
		return true
	})
	if repeated {
		return appendManyAttributes(b[:start], r)
	}
	return b
}

// isAmongFirst reports whether one of the first n attributes has the key.
func isAmongFirst(r *sdklog.Record, n int, key attribute.Key) (found bool) {
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		n--
		found = n >= 0 && kv.Key == key
		return n > 0 && !found
	})
	return found
}

// uniqueAttributes finds the last value of each key. It is pooled: the map and the
// slice are the cost of it.
type uniqueAttributes struct {
	list  []attribute.KeyValue
	index map[attribute.Key]int
}

var uniquePool = sync.Pool{
	New: func() any { return &uniqueAttributes{index: make(map[attribute.Key]int)} },
}

// appendManyAttributes encodes the last value of each key, in the place of the first.
func appendManyAttributes(b []byte, r *sdklog.Record) []byte {
	u := uniquePool.Get().(*uniqueAttributes) //nolint:errcheck,forcetypeassert // the pool has nothing else
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		if i, ok := u.index[kv.Key]; ok {
			u.list[i] = kv
		} else {
			u.index[kv.Key] = len(u.list)
			u.list = append(u.list, kv)
		}
		return true
	})
	for i := range u.list {
		b = otlpwire.AppendKeyValue(b, otlpwire.LogAttributes, &u.list[i])
	}
	const pooled = 1024 // attributes; the maps of larger records go to the collector
	if len(u.list) <= pooled {
		clear(u.list)
		clear(u.index)
		u.list = u.list[:0]
		uniquePool.Put(u)
	}
	return b
}
