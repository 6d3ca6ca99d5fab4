package fallback

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
)

// textValue is how a value that is text begins.
const textValue = `{"Type":"STRING","Value":`

// pair appends a key and its value, so that the line is at most end bytes long. It reports
// false if there is not even room for the beginning; what is appended is void then.
func (l *line) pair(kv *attribute.KeyValue, end int) bool {
	l.b = append(l.b, `{"Key":`...)
	if !l.text(string(kv.Key), min(end, len(l.b)+maxName), bytesCut) {
		return false
	}
	l.b = append(l.b, `,"Value":`...)
	if !l.value(&kv.Value, end-len("}")) {
		return false
	}
	l.b = append(l.b, '}')
	return true
}

// value appends a value as attribute.Value writes itself in JSON. If that needs more room
// than there is, the beginning is appended as text. It reports false if there is no room
// for that either; what is appended is void then.
func (l *line) value(v *attribute.Value, end int) bool {
	if v.Type() == attribute.STRING {
		return l.typedText(v.AsString(), end, bytesCut)
	}
	begin := len(l.b)
	if l.json(v, end) && len(l.b) <= end {
		return true
	}
	l.cut = true
	note := fmt.Sprintf("… (%v, cut)", v.Type())
	text := string(l.b[begin:]) + note
	l.b = l.b[:begin]
	return l.typedText(text, end, func(int) string { return note })
}

// typedText appends a value that is text.
func (l *line) typedText(s string, end int, note func(left int) string) bool {
	l.b = append(l.b, textValue...)
	ok := l.text(s, end-len("}"), note)
	l.b = append(l.b, '}')
	return ok
}

// json appends a value's whole form in JSON, or its beginning: it stops soon behind end,
// and reports false then.
func (l *line) json(v *attribute.Value, end int) bool {
	switch t := v.Type(); {
	case t == attribute.STRING, t == attribute.FLOAT64 && !isFinite(v.AsFloat64()),
		t == attribute.FLOAT64SLICE && slices.ContainsFunc(v.AsFloat64Slice(), func(f float64) bool { return !isFinite(f) }):
		l.b = append(l.b, textValue...)
		ok := l.whole(v.String(), end)
		l.b = append(l.b, '}')
		return ok
	default:
		l.b = append(append(append(l.b, `{"Type":"`...), t.String()...), `","Value":`...)
	}
	ok := true
	switch v.Type() {
	case attribute.BOOL:
		l.b = strconv.AppendBool(l.b, v.AsBool())
	case attribute.INT64:
		l.b = strconv.AppendInt(l.b, v.AsInt64(), 10)
	case attribute.FLOAT64:
		l.b = strconv.AppendFloat(l.b, v.AsFloat64(), 'g', -1, 64)
	case attribute.BYTESLICE:
		ok = l.base64(v.AsByteSlice(), end)
	case attribute.BOOLSLICE:
		ok = list(l, v.AsBoolSlice(), end, func(e *bool) bool { l.b = strconv.AppendBool(l.b, *e); return true })
	case attribute.INT64SLICE:
		ok = list(l, v.AsInt64Slice(), end, func(e *int64) bool { l.b = strconv.AppendInt(l.b, *e, 10); return true })
	case attribute.FLOAT64SLICE:
		ok = list(l, v.AsFloat64Slice(), end, func(e *float64) bool { l.b = strconv.AppendFloat(l.b, *e, 'g', -1, 64); return true })
	case attribute.STRINGSLICE:
		ok = list(l, v.AsStringSlice(), end, func(e *string) bool { return l.whole(*e, end) })
	case attribute.SLICE:
		ok = list(l, v.AsSlice(), end, func(e *attribute.Value) bool { return l.json(e, end) })
	case attribute.MAP:
		ok = list(l, v.AsMap(), end, func(e *attribute.KeyValue) bool {
			l.b = append(l.b, `{"Key":`...)
			if !l.whole(string(e.Key), end) {
				return false
			}
			l.b = append(l.b, `,"Value":`...)
			if !l.json(&e.Value, end) {
				return false
			}
			l.b = append(l.b, '}')
			return true
		})
	default: // EMPTY, or a type of a later release
		l.b = append(l.b, "null"...)
	}
	if ok {
		l.b = append(l.b, '}')
	}
	return ok
}

// list appends the elements of a list, until one does not fit.
func list[E any](l *line, elements []E, end int, element func(*E) bool) bool {
	l.b = append(l.b, '[')
	for i := range elements {
		if i > 0 {
			l.b = append(l.b, ',')
		}
		if !element(&elements[i]) || len(l.b) > end {
			return false
		}
	}
	l.b = append(l.b, ']')
	return true
}

func isFinite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// base64 appends bytes as encoding/json does, or their beginning.
func (l *line) base64(data []byte, end int) bool {
	room := max(0, end-len(l.b))
	fits := len(data) <= room
	if !fits {
		data = data[:room/4*3]
	}
	l.b = append(l.b, '"')
	l.b = base64.StdEncoding.AppendEncode(l.b, data)
	l.b = append(l.b, '"')
	return fits
}
