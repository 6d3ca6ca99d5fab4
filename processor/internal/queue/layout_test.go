package queue

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// references returns the paths of all parts of a type through which two shallow copies of a
// value share memory, with their kinds. Strings are left out: they are immutable.
func references(typ reflect.Type, path string) map[string]reflect.Kind {
	out := make(map[string]reflect.Kind)
	switch typ.Kind() {
	case reflect.Struct:
		for f := range typ.Fields() {
			maps.Copy(out, references(f.Type, path+"."+f.Name))
		}
	case reflect.Array:
		if typ.Len() > 0 {
			maps.Copy(out, references(typ.Elem(), path+"[]"))
		}
	case reflect.Slice, reflect.Map, reflect.Pointer, reflect.UnsafePointer, reflect.Interface, reflect.Func, reflect.Chan:
		out[path] = typ.Kind()
	}
	return out
}

// TestRecordLayout fails when a release of the SDK gives a record a new reference, which
// the shallow copy in put may share with the caller's record. Then check what
// sdklog.Record.Clone copies, and whether put must copy it too.
func TestRecordLayout(t *testing.T) {
	typ := reflect.TypeFor[sdklog.Record]()
	want := map[string]reflect.Kind{
		// The data of a time zone never changes.
		".timestamp.loc":         reflect.Pointer,
		".observedTimestamp.loc": reflect.Pointer,
		// Attribute values cannot be changed; Clone shares them as well.
		".body.slice":          reflect.Interface,
		".front[].Value.slice": reflect.Interface,
		// Empty unless there are more attributes than fit into front.
		".back": reflect.Slice,
		// The provider's and the logger's, which no record changes.
		".resource": reflect.Pointer,
		".scope":    reflect.Pointer,
	}
	if got := references(typ, ""); !maps.Equal(got, want) {
		t.Errorf("sdklog.Record holds the references %v, want %v", got, want)
	}
	front, ok := typ.FieldByName("front")
	if !ok || front.Type.Kind() != reflect.Array || front.Type.Len() != inlineAttributes {
		t.Errorf("sdklog.Record.front is %v, want an array of %d", front.Type, inlineAttributes)
	}
	back, ok := typ.FieldByName("back")
	if !ok || back.Type != reflect.TypeFor[[]attribute.KeyValue]() {
		t.Errorf("sdklog.Record.back is %v", back.Type)
	}
}

// TestBackIsEmpty checks the assumption of put: a record of no more than inlineAttributes
// attributes has none outside of itself, however they were set.
func TestBackIsEmpty(t *testing.T) {
	attrs := attributes(8, "was")
	for n := range inlineAttributes + 1 {
		for before := range len(attrs) + 1 {
			r := record(0, 9, attrs[:before]...)
			r.SetAttributes(attrs[:n]...)
			back := reflect.ValueOf(&r).Elem().FieldByName("back")
			if r.AttributesLen() != n || back.Len() != 0 || back.Cap() != 0 {
				t.Errorf("%d attributes, set after %d: back has length %d, capacity %d", n, before, back.Len(), back.Cap())
			}
		}
	}
}

func attributes(n int, value string) []attribute.KeyValue {
	var out []attribute.KeyValue
	for i := range n {
		out = append(out, attribute.String(string(rune('a'+i)), value))
	}
	return out
}

func attributesOf(r *sdklog.Record) []attribute.KeyValue {
	var out []attribute.KeyValue
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		out = append(out, kv)
		return true
	})
	return out
}

// TestPutCopies checks that changes of a record after put do not reach the copy, and that
// changes of the copy do not reach the record.
func TestPutCopies(t *testing.T) {
	changes := map[string]func(r *sdklog.Record){
		"SetBody":               func(r *sdklog.Record) { r.SetBody(attribute.StringValue("is")) },
		"SetAttributes fewer":   func(r *sdklog.Record) { r.SetAttributes(attributes(1, "is")...) },
		"SetAttributes more":    func(r *sdklog.Record) { r.SetAttributes(attributes(12, "is")...) },
		"AddAttributes in turn": func(r *sdklog.Record) { addOneByOne(r, attributes(12, "is")) },
		"AddAttributes":         func(r *sdklog.Record) { r.AddAttributes(attributes(8, "is")...) },
		"SetSeverityText":       func(r *sdklog.Record) { r.SetSeverityText("is") },
		"SetEventName":          func(r *sdklog.Record) { r.SetEventName("is") },
	}
	for name, change := range changes {
		for n := range 9 {
			check := func(what string, r *sdklog.Record) {
				t.Helper()
				if got := attributesOf(r); !slices.Equal(got, attributes(n, "was")) {
					t.Errorf("%s, %d attributes: the attributes of the %s are %v", name, n, what, got)
				}
				if r.Body().AsString() != "was" || r.SeverityText() != "was" || r.EventName() != "was" {
					t.Errorf("%s, %d attributes: the %s has become %v", name, n, what, *r)
				}
			}
			original := func() sdklog.Record {
				r := record(0, 9, attributes(n, "was")...)
				r.SetBody(attribute.StringValue("was"))
				r.SetSeverityText("was")
				r.SetEventName("was")
				return r
			}
			s := newSlots(2, false)

			r := original()
			s.put(0, &r, 9)
			change(&r)
			check("copy", &s.records[0])

			r = original()
			s.put(1, &r, 9)
			change(&s.records[1])
			check("original", &r)
		}
	}
}

func addOneByOne(r *sdklog.Record, attrs []attribute.KeyValue) {
	for _, kv := range attrs {
		r.AddAttributes(kv)
	}
}

// TestPutCopiesShrunkRecord checks that copies of a record that had many attributes, and
// now has fewer, do not share the spare capacity of its attribute slice.
func TestPutCopiesShrunkRecord(t *testing.T) {
	for n := range 9 {
		r := record(0, 9, attributes(12, "was")...)
		r.SetAttributes(attributes(n, "was")...)
		s := newSlots(2, false)
		s.put(0, &r, 9)
		s.put(1, &r, 9)
		r.AddAttributes(attribute.String("y", "caller's"))
		s.records[0].AddAttributes(attribute.String("x", "first"))
		s.records[1].AddAttributes(attribute.String("x", "second"))
		for i, want := range []string{"first", "second"} {
			got := attributesOf(&s.records[i])
			if !slices.Equal(got, append(attributes(n, "was"), attribute.String("x", want))) {
				t.Errorf("%d attributes: the %s copy has %v", n, want, got)
			}
		}
	}
}
