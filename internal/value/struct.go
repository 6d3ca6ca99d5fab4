package value

import (
	"reflect"
	"slices"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
)

func (c *converter) structure(rv reflect.Value, depth int) attribute.Value {
	fields := fieldsOf(rv.Type())
	if len(fields) > 0 && depth == 0 {
		return c.tooDeep(rv.Type())
	}
	kvs := make([]attribute.KeyValue, 0, min(len(fields), maxMembers)+1)
	total := 0
	for i := range fields {
		v, ok := fields[i].of(rv)
		if !ok {
			continue
		}
		if total++; !c.full(len(kvs)) {
			kvs = append(kvs, attribute.KeyValue{Key: c.key(fields[i].name), Value: c.member(v, depth-1)})
		}
	}
	return mapValue(kvs, total)
}

// field is an exported field of a struct, or of a struct embedded in it.
type field struct {
	name      string
	index     []int
	omitEmpty bool
	omitZero  bool
	tagged    bool // the name is that of a tag
}

// fieldCache has the fields of every struct type converted so far. It grows with
// the number of types in the program, as the cache of encoding/json does.
var fieldCache sync.Map // reflect.Type: []field

func fieldsOf(t reflect.Type) []field {
	if f, ok := fieldCache.Load(t); ok {
		return f.([]field) //nolint:errcheck // nothing else is in it
	}
	f, _ := fieldCache.LoadOrStore(t, findFields(t))
	return f.([]field) //nolint:errcheck // as above
}

// findFields returns the fields of a struct type by encoding/json's rules: of fields
// with the same name the least deeply embedded one counts, and of those the one with
// a tag. Where several are alike in both, encoding/json takes none of them; here the
// first counts.
func findFields(t reflect.Type) []field {
	s := fieldSearch{at: map[string]int{}, seen: map[reflect.Type]bool{t: true}}
	for level := []embedded{{t: t}}; len(level) > 0; {
		s.level, s.deeper = len(s.found), nil
		for _, e := range level {
			s.visit(e)
		}
		level = s.deeper
	}
	return s.found
}

// fieldSearch finds the fields of a struct, one level of embedding after the other.
type fieldSearch struct {
	found  []field
	at     map[string]int // name: index in found
	seen   map[reflect.Type]bool
	level  int        // where in found the fields of this level begin
	deeper []embedded // the structs of the next level
}

// embedded is a struct whose fields count as fields of the struct that contains it.
type embedded struct {
	t     reflect.Type
	index []int
}

func (s *fieldSearch) visit(e embedded) {
	for i := range e.t.NumField() {
		sf := e.t.Field(i)
		index := append(slices.Clone(e.index), i)
		if t, ok := promotes(&sf); ok {
			if !s.seen[t] {
				s.seen[t] = true
				s.deeper = append(s.deeper, embedded{t, index})
			}
			continue
		}
		if f, ok := parseField(&sf, index); ok {
			s.add(&f)
		}
	}
}

func (s *fieldSearch) add(f *field) {
	switch i, taken := s.at[f.name]; {
	case !taken:
		s.at[f.name] = len(s.found)
		s.found = append(s.found, *f)
	case i >= s.level && f.tagged && !s.found[i].tagged:
		s.found[i] = *f
	}
}

// promotes reports whether a field is a struct embedded without a name of its own,
// and returns the struct's type.
func promotes(sf *reflect.StructField) (reflect.Type, bool) {
	name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
	return withoutPointer(sf.Type), embedsStruct(sf) && name == ""
}

func embedsStruct(sf *reflect.StructField) bool {
	return sf.Anonymous && withoutPointer(sf.Type).Kind() == reflect.Struct
}

// withoutPointer returns the type that a pointer type points to, and any other type
// unchanged.
func withoutPointer(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// parseField reports false for a field that is never part of the value.
func parseField(sf *reflect.StructField, index []int) (field, bool) {
	tag := sf.Tag.Get("json")
	if tag == "-" || !sf.IsExported() && !embedsStruct(sf) {
		return field{}, false
	}
	name, options, _ := strings.Cut(tag, ",")
	f := field{name: name, index: index, tagged: name != ""}
	if name == "" {
		f.name = sf.Name
	}
	for option := range strings.SplitSeq(options, ",") {
		f.omitEmpty = f.omitEmpty || option == "omitempty"
		f.omitZero = f.omitZero || option == "omitzero"
	}
	return f, true
}

// of returns the field's value. It reports false if the field is to be omitted, or
// if an embedded pointer on the path to it is nil.
func (f *field) of(rv reflect.Value) (reflect.Value, bool) {
	for _, i := range f.index {
		if rv.Kind() == reflect.Pointer {
			if rv.IsNil() {
				return reflect.Value{}, false
			}
			rv = rv.Elem()
		}
		rv = rv.Field(i)
	}
	return rv, !(f.omitEmpty && isEmpty(rv) || f.omitZero && rv.IsZero())
}

// isEmpty reports whether encoding/json considers the value empty.
func isEmpty(rv reflect.Value) bool {
	switch rv.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return rv.Len() == 0
	case reflect.Struct:
		return false
	default:
		return rv.IsZero()
	}
}
