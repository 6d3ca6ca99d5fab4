package value

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"
)

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
