package value

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"
)

func (c *converter) structure(rv reflect.Value, s *structType, depth int) attribute.Value {
	if len(s.fields) > 0 && depth == 0 {
		return c.tooDeep(rv.Type())
	}
	if s.hidden && !rv.CanAddr() {
		rv = pointerTo(rv).Elem()
	}
	kvs := make([]attribute.KeyValue, 0, min(len(s.fields), maxMembers)+1)
	total := 0
	for i := range s.fields {
		f := &s.fields[i]
		v, ok := f.of(rv)
		if !ok || f.omitEmpty && isEmpty(v) || f.omitZero && c.omitsZero(f, v) {
			continue
		}
		if total++; !c.full(len(kvs)) {
			kvs = append(kvs, attribute.KeyValue{Key: c.key(f.name), Value: c.field(f, v, depth-1)})
		}
	}
	return mapValue(kvs, total)
}

func (c *converter) omitsZero(f *field, rv reflect.Value) bool {
	if f.isZeroer {
		return c.isZero(rv)
	}
	return rv.IsZero()
}

func (c *converter) field(f *field, rv reflect.Value, depth int) attribute.Value {
	if f.quoted {
		return c.quoted(f, rv, depth)
	}
	return c.part(rv, f.manner, depth)
}

// quoted converts a field with the option "string": to its JSON, as text. A method
// that says what the field is comes first, as in encoding/json.
func (c *converter) quoted(f *field, rv reflect.Value, depth int) attribute.Value {
	out := c.part(rv, f.manner, depth)
	if rv.Kind() == reflect.Pointer {
		rv = rv.Elem() // not valid if the pointer is nil
	}
	if !rv.IsValid() || mannerOf(rv.Type()) != byKind && !isNumber(rv.Type()) {
		return out
	}
	var plain any
	switch k := rv.Kind(); {
	case k == reflect.Bool:
		plain = rv.Bool()
	case rv.CanInt():
		plain = rv.Int()
	case rv.CanUint():
		plain = rv.Uint()
	case k == reflect.Float32:
		plain = float32(rv.Float())
	case k == reflect.Float64:
		plain = rv.Float()
	case rv.Len() > min(maxText, c.bytes):
		return out // says that it was cut
	case rv.Type() == reflect.TypeFor[json.Number]():
		plain = json.Number(rv.String())
	default:
		plain = rv.String()
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return out // already text: NaN, an infinity or not a number
	}
	return c.text(string(text))
}

// isNumber reports whether the package knows the type, and takes its values for
// numbers.
func isNumber(t reflect.Type) bool {
	return t == reflect.TypeFor[json.Number]() || t == reflect.TypeFor[time.Duration]()
}

// structType is what the conversion of a struct needs to know about its type.
type structType struct {
	manner manner
	fields []field
	hidden bool // at least one field is
}

// field is a field of a struct, or of a struct embedded in it.
type field struct {
	name      string
	index     []int
	manner    manner
	omitEmpty bool
	omitZero  bool
	isZeroer  bool // the value or a pointer to it has the method IsZero
	quoted    bool // the option "string"
	tagged    bool // the name is that of a tag
	hidden    bool // an embedded struct of an unexported type, under a name of its own
	ambiguous bool // another field has the name, and neither comes first
}

// structTypes has every struct type converted so far. It grows with the number of
// types in the program, as the cache of encoding/json does.
var structTypes sync.Map // reflect.Type: *structType

func structOf(t reflect.Type) *structType {
	if s, ok := structTypes.Load(t); ok {
		return s.(*structType) //nolint:errcheck // nothing else is in it
	}
	fields := findFields(t)
	hidden := slices.ContainsFunc(fields, func(f field) bool { return f.hidden })
	s, _ := structTypes.LoadOrStore(t, &structType{mannerOf(t), fields, hidden})
	return s.(*structType) //nolint:errcheck // as above
}

// findFields returns the fields of a struct type by encoding/json's rules: of fields
// with the same name the least deeply embedded one counts, and of those the one with
// a tag. Where several are alike in both, none of them counts.
func findFields(t reflect.Type) []field {
	s := fieldSearch{at: map[string]int{}, visited: map[reflect.Type]bool{}}
	for level := []embedded{{t: t}}; len(level) > 0; {
		s.deeper = nil
		for _, e := range level {
			if !s.visited[e.t] {
				s.visited[e.t] = true
				s.visit(e)
			}
		}
		level = s.deeper
	}
	fields := slices.DeleteFunc(s.found, func(f field) bool { return f.ambiguous })
	slices.SortFunc(fields, func(a, b field) int { return slices.Compare(a.index, b.index) })
	return fields
}

// fieldSearch finds the fields of a struct, one level of embedding after the other.
type fieldSearch struct {
	found   []field
	at      map[string]int // name: index in found
	visited map[reflect.Type]bool
	deeper  []embedded // the structs of the next level
}

// embedded is a struct whose fields count as fields of the struct that contains it.
type embedded struct {
	t     reflect.Type
	index []int
	again bool // the same type is embedded twice on this level, so its fields are ambiguous
}

func (s *fieldSearch) visit(e embedded) {
	for i := range e.t.NumField() {
		sf := e.t.Field(i)
		index := append(slices.Clone(e.index), i)
		if t, ok := promotes(&sf); ok {
			if at := slices.IndexFunc(s.deeper, func(d embedded) bool { return d.t == t }); at >= 0 {
				s.deeper[at].again = true
			} else {
				s.deeper = append(s.deeper, embedded{t: t, index: index})
			}
			continue
		}
		if f, ok := parseField(&sf, index); ok {
			f.ambiguous = e.again
			s.add(&f)
		}
	}
}

func (s *fieldSearch) add(f *field) {
	i, taken := s.at[f.name]
	if !taken {
		s.at[f.name] = len(s.found)
		s.found = append(s.found, *f)
		return
	}
	switch other := &s.found[i]; {
	case len(other.index) < len(f.index):
	case f.tagged && !other.tagged:
		*other = *f
	case f.tagged == other.tagged:
		other.ambiguous = true
	}
}

// promotes reports whether a field is a struct embedded without a name of its own,
// and returns the struct's type.
func promotes(sf *reflect.StructField) (reflect.Type, bool) {
	tag := sf.Tag.Get("json")
	name, _, _ := strings.Cut(tag, ",")
	return withoutPointer(sf.Type), embedsStruct(sf) && tag != "-" && !isValidName(name)
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
	f := field{name: name, index: index, manner: mannerOf(sf.Type), tagged: true, hidden: !sf.IsExported()}
	if !isValidName(name) {
		f.name, f.tagged = sf.Name, false
	}
	for option := range strings.SplitSeq(options, ",") {
		f.omitEmpty = f.omitEmpty || option == "omitempty"
		f.omitZero = f.omitZero || option == "omitzero"
		f.quoted = f.quoted || option == "string" && isQuotable(sf.Type)
	}
	zeroer := reflect.TypeFor[zeroer]()
	f.isZeroer = sf.Type.Implements(zeroer) || sf.Type.Kind() != reflect.Interface && reflect.PointerTo(sf.Type).Implements(zeroer)
	return f, true
}

// isValidName reports whether encoding/json accepts the name in a tag.
func isValidName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// isQuotable reports whether the option "string" has an effect on the type.
func isQuotable(t reflect.Type) bool {
	if t.Name() == "" {
		t = withoutPointer(t)
	}
	switch k := t.Kind(); k {
	case reflect.Bool, reflect.Float32, reflect.Float64, reflect.String:
		return true
	default:
		return k >= reflect.Int && k <= reflect.Uintptr
	}
}

// of returns the field's value. It reports false if an embedded pointer on the path
// to it is nil. A struct with hidden fields is addressable.
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
	if f.hidden { // reflect would not call its methods, and one may hide something
		rv = reflect.NewAt(rv.Type(), unsafe.Pointer(rv.UnsafeAddr())).Elem()
	}
	return rv, true
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
