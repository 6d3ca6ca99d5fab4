package otlpwire

import (
	"encoding/binary"
	"math"
	"slices"

	"go.opentelemetry.io/otel/attribute"
)

// AppendKeyValue appends a field with a KeyValue. Scalars are written without an
// allocation. It takes a pointer, because the pair itself would not fit into registers.
func AppendKeyValue(b []byte, tag byte, kv *attribute.KeyValue) []byte {
	key, v := string(kv.Key), &kv.Value
	switch v.Type() {
	case attribute.STRING:
		return AppendKeyString(b, tag, key, v.AsString())
	case attribute.INT64:
		return AppendKeyInt(b, tag, key, v.AsInt64())
	case attribute.BOOL:
		return AppendKeyBool(b, tag, key, v.AsBool())
	case attribute.FLOAT64:
		return AppendKeyFloat(b, tag, key, v.AsFloat64())
	default:
		return appendKeyComposite(b, tag, kv, 0)
	}
}

// AppendKeyString appends a field with a KeyValue whose value is a text.
func AppendKeyString(b []byte, tag byte, key, s string) []byte {
	if n, m := len(key), len(s); n+m < 0x80-6 { // every length is one byte
		longer, f := extend(b, n+m+8)
		f[0], f[1], f[2], f[3] = tag, byte(n+m+6), KeyValueKey, byte(n)
		if copyASCII(f[4:], key) {
			f = f[4+n:]
			f[0], f[1], f[2], f[3] = KeyValueValue, byte(m+2), ValueString, byte(m)
			if copyASCII(f[4:], s) {
				return longer
			}
		}
	}
	s = Valid(s)
	b = appendKey(b, tag, key, SizeBytes(len(s)))
	return appendValid(b, ValueString, s)
}

// AppendKeyInt appends a field with a KeyValue whose value is an integer.
func AppendKeyInt(b []byte, tag byte, key string, v int64) []byte {
	b = appendKey(b, tag, key, 1+SizeVarint(uint64(v)))
	return AppendVarint(append(b, ValueInt), uint64(v))
}

// AppendKeyBool appends a field with a KeyValue whose value is a bool.
func AppendKeyBool(b []byte, tag byte, key string, v bool) []byte {
	return appendBool(appendKey(b, tag, key, 2), v)
}

// AppendKeyFloat appends a field with a KeyValue whose value is a float.
func AppendKeyFloat(b []byte, tag byte, key string, v float64) []byte {
	return appendFloat(appendKey(b, tag, key, 9), v)
}

// appendKey appends all of a KeyValue but the content of its value, which has size
// bytes.
func appendKey(b []byte, tag byte, key string, size int) []byte {
	if n := len(key); n+size < 0x80-4 { // every length is one byte
		longer, f := extend(b, n+6)
		f[0], f[1], f[2], f[3] = tag, byte(n+size+4), KeyValueKey, byte(n)
		if copyASCII(f[4:], key) {
			f[4+n], f[5+n] = KeyValueValue, byte(size)
			return longer
		}
	}
	key = Valid(key)
	b = AppendVarint(append(b, tag), uint64(SizeBytes(len(key))+SizeBytes(size)))
	b = appendValid(b, KeyValueKey, key)
	return AppendVarint(append(b, KeyValueValue), uint64(size))
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, ValueBool, 1)
	}
	return append(b, ValueBool, 0)
}

func appendFloat(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(append(b, ValueDouble), math.Float64bits(v))
}

// extend makes b longer by n bytes and returns them as well.
func extend(b []byte, n int) (longer, added []byte) {
	at := len(b)
	if cap(b)-at < n {
		b = slices.Grow(b, n)
	}
	b = b[:at+n]
	return b, b[at:]
}
