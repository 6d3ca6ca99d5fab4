package value_test

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"reflect"
	"time"
)

// The types of FuzzOfAgreesWithJSON. Where ValueOf calls a method that encoding/json
// does not call, the method wraps what encoding/json would have made of the value: as
// a text after one of these marks, or as the only member of a map.
const (
	markPointer = "pointer:" // a method of the pointer, for a value that has no address
	markString  = "string:"  // String
	markError   = "error:"   // Error
	markLogged  = "logged:"  // LogValue
)

func wrapped(mark string, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return mark + string(b)
}

type (
	TextInt       int
	TextPointer   int
	JSONInt       int
	JSONPointer   int
	StringInt     int
	StringPointer string
	ErrorInt      uint8
	ErrorPointer  struct{ E int }
	LoggedBool    bool
	LoggedPointer struct{ L string }
	TextBoth      float64 // MarshalText on the value, MarshalJSON on the pointer
	JSONBoth      float32 // the other way round
	TextText      string
	TextByte      uint8
	TextBytePtr   uint8
	StringByte    uint8
	PlainByte     uint8
	TextList      []int
	JSONMap       map[string]int
	ListPointer   []string
	TextArray     [2]uint8
	Unrelated     struct{ Card TextPointer }
	UnrelatedPtr  struct{ Card []JSONPointer }
	ZeroValue     struct{ Z int }
	ZeroPointer   struct{ Z int }
	ZeroPanics    int
	NamedPointer  *TextPointer
	TextKey       struct{ K int }
	JSONAndString int
)

func (v TextInt) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "t%d", int(v)), nil }
func (v *TextPointer) MarshalText() ([]byte, error) {
	return []byte(wrapped(markPointer, int(*v))), nil
}

func (v JSONInt) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"j":[%d,"<",1.5]}`, int(v)), nil
}

func (v *JSONPointer) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{"pointer":%d}`, int(*v)), nil
}
func (v StringInt) String() string      { return wrapped(markString, int(v)) }
func (v *StringPointer) String() string { return wrapped(markString, string(*v)) }
func (v ErrorInt) Error() string        { return wrapped(markError, uint8(v)) }
func (v *ErrorPointer) Error() string   { return wrapped(markError, struct{ E int }(*v)) }
func (v LoggedBool) LogValue() slog.Value {
	return slog.StringValue(wrapped(markLogged, bool(v)))
}

func (v *LoggedPointer) LogValue() slog.Value {
	return slog.StringValue(wrapped(markLogged, struct{ L string }(*v)))
}
func (v TextBoth) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "t%g", float64(v)), nil }
func (v *TextBoth) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"pointer": fmt.Sprintf("t%g", float64(*v))})
}
func (v JSONBoth) MarshalJSON() ([]byte, error)  { return json.Marshal([]float32{float32(v)}) }
func (v *JSONBoth) MarshalText() ([]byte, error) { panic("MarshalJSON comes first") }
func (v TextText) MarshalText() ([]byte, error)  { return []byte("<" + string(v) + ">"), nil }
func (v TextByte) MarshalText() ([]byte, error)  { return fmt.Appendf(nil, "b%d", uint8(v)), nil }
func (v *TextBytePtr) MarshalText() ([]byte, error) {
	return []byte(wrapped(markPointer, uint8(*v))), nil
}
func (v StringByte) String() string             { return wrapped(markString, uint8(v)) }
func (v TextList) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%d", len(v)), nil }
func (v JSONMap) MarshalJSON() ([]byte, error)  { return fmt.Appendf(nil, "[%d]", len(v)), nil }
func (v *ListPointer) MarshalText() ([]byte, error) {
	return []byte(wrapped(markPointer, []string(*v))), nil
}
func (v TextArray) MarshalText() ([]byte, error)     { return fmt.Appendf(nil, "%d", v[0]), nil }
func (Unrelated) Total() int                         { return 0 }
func (*UnrelatedPtr) Total() int                     { return 0 }
func (v ZeroValue) IsZero() bool                     { return v.Z%2 == 1 }
func (v *ZeroPointer) IsZero() bool                  { return v.Z%2 == 1 }
func (v TextKey) MarshalText() ([]byte, error)       { return fmt.Appendf(nil, "k%d", v.K), nil }
func (v JSONAndString) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "[%d]", int(v)), nil }
func (v JSONAndString) String() string               { panic("MarshalJSON comes first") }

// Structs with embedded structs, which reflect.StructOf cannot make.
type (
	Base struct {
		ID   int
		Name TextPointer `json:"name"`
	}
	// Twin has no tags: go vet reports a tag that two embedded structs repeat.
	Twin struct {
		ID   int
		Name TextPointer
	}
	Other struct {
		ID    string
		Other any `json:"other,omitempty"`
	}
	lower struct {
		ID    JSONPointer
		Inner any `json:",omitzero"`
		low   int //nolint:unused // unexported fields are left out
	}
	tagName struct {
		Tagged int `json:"Name"`
	}
	secret struct{ Secret string }
	Left   struct{ Twin }
	Right  struct {
		Twin
		R int
	}
	cycle struct {
		*cycle //nolint:unused // its fields are used
		C      int
	}

	Promotes        struct{ Base }
	PromotesPointer struct{ *Base }
	PromotesHidden  struct{ lower }
	PromotesBehind  struct{ *lower }
	PromotesTwice   struct {
		Left
		Right // neither of the two Twin counts
	}
	PromotesLevels struct {
		Left
		*Base
		X StringInt
	}
	PromotesRecursive struct{ *cycle }
	Ambiguous         struct {
		Base
		Other
	}
	AmbiguousDeeper struct {
		Left
		Ambiguous
		*Other
	}
	Shadows struct {
		Base
		lower
		ID bool `json:",omitempty"`
	}
	TagWins struct {
		Base
		tagName
		Name int `json:"x"`
	}
	NamesHidden struct {
		lower `json:"b"`
		X     int
	}
	NamesBehind struct {
		*lower `json:"b,omitempty"`
		X      int
	}
	NamesSecret struct {
		secret `json:"s"`
		Base
	}
	NamesSecretBehind struct {
		*secret `json:"s"`
	}
	BadName struct {
		Base `json:"a'b"` //nolint:staticcheck // these names are not valid
		X    int          `json:"\\"` //nolint:staticcheck // as above
	}
	Skips struct {
		Base  `json:"-"`
		Other `json:"-,"` //nolint:staticcheck // it is what encoding/json calls "-"
	}
	EmbedsNumber struct {
		Base
		json.Number
		StringInt `json:"s"`
	}
	EmbedsInterface struct {
		fmt.Stringer `json:",omitempty"`
		X            int
	}
	Recursive struct {
		Next *Recursive `json:",omitempty"`
		List []Recursive
		By   map[TextInt]Recursive `json:",omitempty"`
		V    TextPointer
	}
)

const hidden = "4111-1111"

func (*secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// The structs that embed secret promote MarshalText, which is not to be called either.
func (NamesSecret) MarshalText() int       { return 0 }
func (NamesSecretBehind) MarshalText() int { return 0 }

// EmbedsNumber and EmbedsInterface promote String, which is not to be called.
func (EmbedsNumber) String() int    { return 0 }
func (EmbedsInterface) String() int { return 0 }

// plainTypes have no parts, or their parts are made in a way of their own.
var plainTypes = []reflect.Type{
	reflect.TypeFor[bool](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[int64](), reflect.TypeFor[uint16](),
	reflect.TypeFor[uint64](), reflect.TypeFor[uintptr](), reflect.TypeFor[float32](), reflect.TypeFor[float64](),
	reflect.TypeFor[string](), reflect.TypeFor[any](), reflect.TypeFor[[]byte](), reflect.TypeFor[complex64](), reflect.TypeFor[chan int](),
	reflect.TypeFor[json.Number](), reflect.TypeFor[json.RawMessage](), reflect.TypeFor[time.Time](), reflect.TypeFor[time.Duration](),
	reflect.TypeFor[*time.Time](), reflect.TypeFor[*time.Duration](), reflect.TypeFor[*json.Number](), reflect.TypeFor[*json.RawMessage](),
	reflect.TypeFor[*big.Int](), reflect.TypeFor[net.IP](), reflect.TypeFor[slog.Level](),
	reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[fmt.Stringer](), reflect.TypeFor[error](),
}

var namedTypes = []reflect.Type{
	reflect.TypeFor[TextInt](), reflect.TypeFor[TextPointer](), reflect.TypeFor[JSONInt](), reflect.TypeFor[JSONPointer](),
	reflect.TypeFor[StringInt](), reflect.TypeFor[StringPointer](), reflect.TypeFor[ErrorInt](), reflect.TypeFor[ErrorPointer](),
	reflect.TypeFor[LoggedBool](), reflect.TypeFor[LoggedPointer](), reflect.TypeFor[TextBoth](), reflect.TypeFor[JSONBoth](),
	reflect.TypeFor[TextText](), reflect.TypeFor[TextByte](), reflect.TypeFor[TextBytePtr](), reflect.TypeFor[StringByte](), reflect.TypeFor[PlainByte](),
	reflect.TypeFor[TextList](), reflect.TypeFor[JSONMap](), reflect.TypeFor[ListPointer](), reflect.TypeFor[TextArray](), reflect.TypeFor[Unrelated](),
	reflect.TypeFor[UnrelatedPtr](), reflect.TypeFor[ZeroValue](), reflect.TypeFor[ZeroPointer](), reflect.TypeFor[NamedPointer](),
	reflect.TypeFor[TextKey](), reflect.TypeFor[JSONAndString](),
	reflect.TypeFor[Promotes](), reflect.TypeFor[PromotesPointer](), reflect.TypeFor[PromotesHidden](), reflect.TypeFor[PromotesBehind](),
	reflect.TypeFor[PromotesTwice](), reflect.TypeFor[PromotesLevels](), reflect.TypeFor[PromotesRecursive](), reflect.TypeFor[Ambiguous](),
	reflect.TypeFor[AmbiguousDeeper](), reflect.TypeFor[Shadows](), reflect.TypeFor[TagWins](), sameTags, reflect.TypeFor[NamesHidden](),
	reflect.TypeFor[NamesBehind](), reflect.TypeFor[NamesSecret](), reflect.TypeFor[NamesSecretBehind](), reflect.TypeFor[BadName](), reflect.TypeFor[Skips](),
	reflect.TypeFor[EmbedsNumber](), reflect.TypeFor[EmbedsInterface](), reflect.TypeFor[Recursive](),
}

var keyTypes = []reflect.Type{
	reflect.TypeFor[string](), reflect.TypeFor[int](), reflect.TypeFor[uint8](), reflect.TypeFor[TextInt](), reflect.TypeFor[TextPointer](),
	reflect.TypeFor[JSONInt](), reflect.TypeFor[JSONPointer](), reflect.TypeFor[StringInt](), reflect.TypeFor[StringPointer](), reflect.TypeFor[ErrorInt](),
	reflect.TypeFor[TextText](), reflect.TypeFor[TextBytePtr](), reflect.TypeFor[TextKey](), reflect.TypeFor[*TextKey](), reflect.TypeFor[TextArray](), reflect.TypeFor[JSONAndString](),
	reflect.TypeFor[time.Time](), reflect.TypeFor[time.Duration](), reflect.TypeFor[json.Number](), reflect.TypeFor[encoding.TextMarshaler](),
	reflect.TypeFor[any](), reflect.TypeFor[float64](), reflect.TypeFor[slog.Level](),
}

var fieldTags = []reflect.StructTag{
	"", "", "", `json:"a"`, `json:"b,omitempty"`, `json:",omitzero"`, `json:",string"`, `json:"-"`, `json:"-,"`, `json:"F0"`,
	`json:",omitempty,string"`, `json:"é"`, `json:"a'b"`, `json:"a b"`, `json:"x,unknown"`, `json:"c,omitzero,omitempty,string"`,
	`xml:"y"`, `json:","`, `json:"<>"`, `json:", string"`,
}

// implementors are for interfaces with methods.
var implementors = []any{
	TextInt(3), new(TextPointer), (*TextPointer)(nil), JSONInt(4), new(JSONPointer), StringInt(5), new(StringPointer), ErrorInt(6),
	&ErrorPointer{7}, new(TextBoth), JSONBoth(0.1), TextText("x"), TextList(nil),
	TextKey{8},
	&TextKey{9}, (*TextKey)(nil), big.NewInt(10),
}

// sameTags repeats a tag, so neither field counts. Go vet reports it where it is written
// as a type.
var sameTags = reflect.StructOf([]reflect.StructField{
	{Name: "A", Type: reflect.TypeFor[int](), Tag: `json:"a"`},
	{Name: "B", Type: reflect.TypeFor[int](), Tag: `json:"a"`},
	{Name: "C", Type: reflect.TypeFor[int]()},
})
