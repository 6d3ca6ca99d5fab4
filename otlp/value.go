package otlp

import (
	"errors"
	"iter"
	"math"
	"slices"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"

	"github.com/krunchwrapper/asynclog/internal/otlpwire"
)

// ErrMalformed is wrapped by the errors of what reads encoded records, resources and
// scopes: the bytes are damaged, or are something else.
var ErrMalformed = errors.New("otlp: malformed")

// Value is a view of an encoded value. It shares the memory of the bytes that it was
// read from and is valid as long as they do not change. The zero Value is empty.
type Value struct {
	kind   attribute.Type
	number uint64
	bytes  []byte
}

// Type returns the kind of the value: EMPTY, BOOL, INT64, FLOAT64, STRING, BYTESLICE,
// SLICE or MAP. The typed slices of [attribute.Value] arrive as SLICE, because the
// encoding does not distinguish them.
func (v Value) Type() attribute.Type { return v.kind }

// AsBool returns the value of a BOOL.
func (v Value) AsBool() bool { return v.number != 0 }

// AsInt64 returns the value of an INT64.
func (v Value) AsInt64() int64 { return int64(v.number) } //nolint:gosec // the same bits

// AsFloat64 returns the value of a FLOAT64.
func (v Value) AsFloat64() float64 { return math.Float64frombits(v.number) }

// AsString returns the text of a STRING, a copy.
func (v Value) AsString() string { return string(v.Bytes()) }

// Bytes returns the content of a STRING or a BYTESLICE, a view: it must not be
// changed, and not be kept longer than the record.
func (v Value) Bytes() []byte {
	if v.kind != attribute.STRING && v.kind != attribute.BYTESLICE {
		return nil
	}
	return v.bytes
}

// Slice returns the elements of a SLICE, views.
func (v Value) Slice() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.kind != attribute.SLICE {
			return
		}
		for f := range fields(v.bytes) {
			if f.tag == otlpwire.ListValues && !yield(valueOf(f.bytes)) {
				return
			}
		}
	}
}

// Map returns the keys and values of a MAP. The keys are copies, the values views.
func (v Value) Map() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if v.kind == attribute.MAP {
			walkKeyValues(v.bytes, otlpwire.ListValues, yield)
		}
	}
}

// AttributeValue returns the value as OpenTelemetry has it, a copy. The keys of a map
// are sorted, which is what [attribute.MapValue] does.
func (v Value) AttributeValue() attribute.Value {
	switch v.kind {
	case attribute.BOOL:
		return attribute.BoolValue(v.AsBool())
	case attribute.INT64:
		return attribute.Int64Value(v.AsInt64())
	case attribute.FLOAT64:
		return attribute.Float64Value(v.AsFloat64())
	case attribute.STRING:
		return attribute.StringValue(v.AsString())
	case attribute.BYTESLICE:
		return attribute.ByteSliceValue(v.bytes)
	case attribute.SLICE:
		var values []attribute.Value
		for e := range v.Slice() {
			values = append(values, e.AttributeValue())
		}
		return attribute.SliceValue(values...)
	case attribute.MAP:
		var values []attribute.KeyValue
		for key, e := range v.Map() {
			values = append(values, attribute.KeyValue{Key: attribute.Key(key), Value: e.AttributeValue()})
		}
		return attribute.MapValue(values...)
	default:
		return attribute.Value{}
	}
}

// valueOf returns the view of an AnyValue that has been checked. Of several values
// the last one counts.
func valueOf(content []byte) (v Value) {
	for f := range fields(content) {
		switch f.tag {
		case otlpwire.ValueString:
			v = Value{attribute.STRING, 0, f.bytes}
		case otlpwire.ValueBool:
			v = Value{attribute.BOOL, f.number, nil}
		case otlpwire.ValueInt:
			v = Value{attribute.INT64, f.number, nil}
		case otlpwire.ValueDouble:
			v = Value{attribute.FLOAT64, f.number, nil}
		case otlpwire.ValueArray:
			v = Value{attribute.SLICE, 0, f.bytes}
		case otlpwire.ValueMap:
			v = Value{attribute.MAP, 0, f.bytes}
		case otlpwire.ValueBytes:
			v = Value{attribute.BYTESLICE, 0, f.bytes}
		}
	}
	return v
}

// walkKeyValues calls f for each KeyValue among the fields of a message that has been
// checked.
func walkKeyValues(content []byte, tag uint64, f func(key string, v Value) bool) {
	for kv := range fields(content) {
		if kv.tag == tag && !f(keyValueOf(kv.bytes)) {
			return
		}
	}
}

func keyValueOf(content []byte) (key string, v Value) {
	for f := range fields(content) {
		switch f.tag {
		case otlpwire.KeyValueKey:
			key = string(f.bytes)
		case otlpwire.KeyValueValue:
			v = valueOf(f.bytes)
		}
	}
	return key, v
}

// maxDepth is the number of levels of nesting that are read: more than any encoder
// here writes, and what the stack bears.
const maxDepth = 2 * otlpwire.MaxDepth

// checkValue reports what is wrong with an AnyValue.
func checkValue(content []byte, depth int) error {
	if depth > maxDepth {
		return malformed("nested more than %d levels deep", maxDepth)
	}
	for f := range fields(content) {
		if f.err != nil {
			return f.err
		}
		var err error
		switch f.tag {
		case otlpwire.ValueString:
			err = checkText(f.bytes)
		case otlpwire.ValueArray, otlpwire.ValueMap:
			err = checkList(f.bytes, f.tag == otlpwire.ValueMap, depth+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkList reports what is wrong with an ArrayValue or a KeyValueList.
func checkList(content []byte, isMap bool, depth int) error {
	for f := range fields(content) {
		switch {
		case f.err != nil:
			return f.err
		case f.tag != otlpwire.ListValues:
			continue
		}
		check := checkValue
		if isMap {
			check = checkKeyValue
		}
		if err := check(f.bytes, depth); err != nil {
			return err
		}
	}
	return nil
}

// checkKeyValue reports what is wrong with a KeyValue.
func checkKeyValue(content []byte, depth int) error {
	for f := range fields(content) {
		if f.err != nil {
			return f.err
		}
		var err error
		switch f.tag {
		case otlpwire.KeyValueKey:
			err = checkText(f.bytes)
		case otlpwire.KeyValueValue:
			err = checkValue(f.bytes, depth)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// check reports what is wrong with a field of a message that has KeyValues and texts.
func (f field) check(keyValues uint64, texts ...uint64) error {
	switch {
	case f.err != nil:
		return f.err
	case f.tag == keyValues:
		return checkKeyValue(f.bytes, 0)
	case slices.Contains(texts, f.tag):
		return checkText(f.bytes)
	default:
		return nil
	}
}

func checkText(b []byte) error {
	if !utf8.Valid(b) {
		return malformed("text that is not UTF-8")
	}
	return nil
}
