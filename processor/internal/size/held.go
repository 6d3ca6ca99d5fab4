package size

import (
	"unsafe"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// What values take in memory, without their text.
const (
	pairBytes  = int(unsafe.Sizeof(attribute.KeyValue{}))
	valueBytes = int(unsafe.Sizeof(attribute.Value{}))
	textBytes  = int(unsafe.Sizeof(""))
)

// InMemory returns about how many bytes the texts, attributes and lists of a record take
// in memory. The record's own fixed size is not included, nor what records share: resource
// and scope. It stops counting soon above the limit, so what it costs is bounded, too.
func InMemory(r *sdklog.Record, limit int) int {
	body := r.Body()
	n := len(r.SeverityText()) + len(r.EventName()) + inMemory(&body, limit)
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		n += pairBytes + len(kv.Key) + inMemory(&kv.Value, limit-n)
		return n <= limit
	})
	return n
}

// inMemory returns how many bytes a value takes besides its attribute.Value.
func inMemory(v *attribute.Value, limit int) (n int) {
	switch v.Type() {
	case attribute.STRING:
		return len(v.AsString())
	case attribute.BYTESLICE:
		return len(v.AsByteSlice())
	case attribute.BOOLSLICE:
		return len(v.AsBoolSlice())
	case attribute.INT64SLICE:
		return 8 * len(v.AsInt64Slice())
	case attribute.FLOAT64SLICE:
		return 8 * len(v.AsFloat64Slice())
	case attribute.STRINGSLICE:
		for _, s := range v.AsStringSlice() {
			n += textBytes + len(s)
		}
	case attribute.SLICE:
		values := v.AsSlice()
		n = valueBytes * len(values)
		for i := 0; i < len(values) && n <= limit; i++ {
			n += inMemory(&values[i], limit-n)
		}
	case attribute.MAP:
		pairs := v.AsMap()
		n = pairBytes * len(pairs)
		for i := 0; i < len(pairs) && n <= limit; i++ {
			n += len(pairs[i].Key) + inMemory(&pairs[i].Value, limit-n)
		}
	}
	return n
}
