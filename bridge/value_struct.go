package bridge

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
			kvs = append(kvs, attribute.KeyValue{Key: c.key(fields[i].name), Value: c.value(v, depth-1)})
		}
	}
	return c.members(kvs, total)
}

// field is an exported field of a struct, or of one embedded in it.
type field struct {
	name      string
	index     []int
	omitEmpty bool
	omitZero  bool
	tagged    bool
}

// fieldCache has the fields of each type that was ever converted. It grows with
// the number of types in the program, as that of encoding/json does.
var fieldCache sync.Map // reflect.Type: []field

func fieldsOf(t reflect.Type) []field {
	if f, ok := fieldCache.Load(t); ok {
		return f.([]field) //nolint:errcheck // nothing else is in it
	}
	f, _ := fieldCache.LoadOrStore(t, findFields(t))
	return f.([]field) //nolint:errcheck // as above
}

// embedding is a struct whose fields are those of the struct it is embedded in.
type embedding struct {
	t     reflect.Type
	index []int
}

// findFields goes by encoding/json's rules: of fields with the same name the one
// that is less deeply embedded counts, and among those the one with a tag. Of
// several that are alike in both, where encoding/json takes none, the first counts.
func findFields(t reflect.Type) []field {
	var found []field
	at := map[string]int{} // where in found a name is
	seen := map[reflect.Type]bool{t: true}
	for level := []embedding{{t: t}}; len(level) > 0; {
		var next []embedding
		above := len(found)
		for _, e := range level {
			for i := range e.t.NumField() {
				sf := e.t.Field(i)
				index := append(slices.Clone(e.index), i)
				if inner, ok := promoting(&sf); ok {
					if !seen[inner] {
						seen[inner] = true
						next = append(next, embedding{inner, index})
					}
					continue
				}
				f, ok := parseField(&sf, index)
				if !ok {
					continue
				}
				switch j, taken := at[f.name]; {
				case !taken:
					at[f.name] = len(found)
					found = append(found, f)
				case j >= above && f.tagged && !found[j].tagged:
					found[j] = f
				}
			}
		}
		level = next
	}
	return found
}

// promoting returns the struct, if the field is one that is embedded without a name
// of its own.
func promoting(sf *reflect.StructField) (reflect.Type, bool) {
	name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
	return pointed(sf.Type), embedsStruct(sf) && name == ""
}

func embedsStruct(sf *reflect.StructField) bool {
	return sf.Anonymous && pointed(sf.Type).Kind() == reflect.Struct
}

// pointed returns what a pointer type points to, and any other type as it is.
func pointed(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

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

// of returns the field's value, unless there is none because an embedded pointer
// is nil, or it is to be omitted.
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

// isEmpty is what encoding/json means by it.
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
