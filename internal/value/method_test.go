package value_test

import (
	"encoding"
	"encoding/json"
	"log/slog"
	"math/big"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/krunchwrapper/asynclog/internal/value"
)

// card hides its number with a method of the pointer.
type card struct{ Number string }

func (*card) MarshalText() ([]byte, error) { return []byte("***"), nil }

type payment struct {
	Amount big.Int
	Rate   big.Float
	Card   card
	Cards  [1]card
	By     map[string]card
}

func (payment) Total() int { return 0 } // says nothing about what a payment is

// embeddedCard has the card under a name, and does not promote its method.
type embeddedCard struct {
	card   `json:"card"`
	noCard //nolint:unused // takes the card's method away
}

type noCard struct{} //nolint:unused // as above

func (noCard) MarshalText() int { return 0 } //nolint:unused // as above

type cardPointer *card

// TestOfAsksPointers: a method of the pointer is called wherever the value is, so that
// what it hides stays hidden.
func TestOfAsksPointers(t *testing.T) {
	c := card{"4111-1111"}
	p := payment{Card: c, Cards: [1]card{c}, By: map[string]card{"a": c}}
	p.Amount.SetString("12345678901234567890", 10)
	p.Rate.SetFloat64(1.25)
	const paid = `{"Amount":"12345678901234567890","By":{"a":"***"},"Card":"***","Cards":["***"],"Rate":"1.25"}`
	for name, c := range map[string]struct {
		v    any
		want string
	}{
		"value":                 {c, `***`},
		"pointer":               {&c, `***`},
		"pointer with a name":   {cardPointer(&c), `***`},
		"pointer to an array":   {&[1]card{c}, `["***"]`},
		"slice":                 {[]card{c}, `["***"]`},
		"array":                 {[1]card{c}, `["***"]`},
		"any":                   {[]any{c, &c}, `["***","***"]`},
		"map":                   {map[string]card{"a": c}, `{"a":"***"}`},
		"map of maps":           {map[string]map[string][]card{"a": {"b": {c}}}, `{"a":{"b":["***"]}}`},
		"key":                   {map[card]int{c: 1}, `{"***":1}`},
		"key in an interface":   {map[any]int{c: 1}, `{"***":1}`},
		"struct":                {p, paid},
		"struct by pointer":     {&p, paid},
		"structs":               {[]payment{p}, "[" + paid + "]"},
		"structs in a map":      {map[string]*payment{"a": &p}, `{"a":` + paid + `}`},
		"embedded, with a name": {embeddedCard{card: c}, `{"card":"***"}`},
		"embedded, by pointer":  {&embeddedCard{card: c}, `{"card":"***"}`},
		"slog":                  {slog.GroupValue(slog.Any("a", c), slog.Any("b", []card{c})), `{"a":"***","b":["***"]}`},
		"field with omitempty": {struct {
			C *card `json:",omitempty"`
		}{&c}, `{"C":"***"}`},
		"behind three pointers":  {func() any { p := &c; q := &p; return &q }(), `***`},
		"LogValue":               {[]LoggedPointer{{"a"}}, `["logged:{\"L\":\"a\"}"]`},
		"Error":                  {map[string]ErrorPointer{"a": {7}}, `{"a":"error:{\"E\":7}"}`},
		"String":                 {[1]StringPointer{"a"}, `["string:\"a\""]`},
		"MarshalJSON over text":  {TextBoth(0.5), `{"pointer":"t0.5"}`},
		"bytes with MarshalText": {[2]TextBytePtr{1, 2}, `["pointer:1","pointer:2"]`},
	} {
		if got := value.Of(c.v).String(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	attrs := value.Attributes("data", ErrorPointer{7})
	if len(attrs) != 2 || attrs[1] != attribute.String("exception.message", `error:{"E":7}`) {
		t.Errorf("an error by value has become %v", attrs)
	}
}

// zeroPanics is a value whose IsZero panics.
type zeroPanics int

func (*zeroPanics) IsZero() bool { panic("at the disco") }

// TestOfDiffersFromJSON has the documented differences.
func TestOfDiffersFromJSON(t *testing.T) {
	var noInt *big.Int
	for name, c := range map[string]struct {
		v          any
		want, json string
	}{
		"LogValue":          {[]valued{1}, `[{"secret":"***"}]`, ""},
		"Error":             {[]both{{1}}, `["failure"]`, `[{"N":1}]`},
		"String":            {[]level{1}, `["high"]`, `[1]`},
		"pointer, by value": {[1]pointered{{1}}, `["by pointer"]`, `[{"N":1}]`},
		"embedded":          {&embeddedCard{card: card{"1"}}, `{"card":"***"}`, ""},
		"key with String":   {map[level]int{1: 1}, `{"high":1}`, `{"1":1}`},
		"key of any type":   {map[float64]int{0.5: 1}, `{"0.5":1}`, ""},
		"keys alike":        {map[TextArray]int{{1, 1}: 1, {1, 2}: 1}, `{"1":1,"1#2":1}`, `{"1":1,"1":1}`},
		"key of pointer":    {map[TextPointer]int{1: 1}, `{"pointer:1":1}`, `{"1":1}`},
		"empty key":         {map[string]int{"": 1}, `{"(empty)":1}`, `{"":1}`},
		"array of bytes":    {[2]byte{1, 2}, `AQI=`, `[1,2]`},
		"large integer":     {[]uint64{1 << 63}, `["9223372036854775808"]`, `[9223372036854775808]`},
		"large number":      {[]json.Number{"1e400"}, `["1e400"]`, `[1e400]`},
		"complex":           {1i, `(0+1i)`, ""},
		"wrong JSON":        {json.RawMessage(`1 2`), `1 2`, ""},
		"nil, with text":    {[]encoding.TextMarshaler{noInt}, `[null]`, `["\u003cnil\u003e"]`},
		"nil error":         {struct{ E textList }{}, `{"E":null}`, `{"E":null}`},
		"channel":           {make(chan int), `(chan int)`, ""},
		"far time":          {time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC), `12026-01-01T00:00:00Z`, ""},
		"IsZero panics": {struct {
			Z zeroPanics `json:",omitzero"`
		}{}, `{"Z":0}`, ""},
	} {
		if got := value.Of(c.v).String(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if b, err := marshal(c.v); (err == nil || c.json != "") && string(b) != c.json && name != "LogValue" {
			t.Errorf("%s: encoding/json makes %s of it (%v), not %s", name, b, err, c.json)
		}
	}
}

// textList is an error that may be nil.
type textList []string

func (textList) Error() string { return "text" }

// TestOfFollowsJSON has the cases that FuzzOfAgreesWithJSON makes at random, one for
// each rule.
func TestOfFollowsJSON(t *testing.T) {
	local := time.Time{}.In(time.FixedZone("", 3600))
	type quoted struct {
		I int            `json:",string"`
		P *int           `json:",string"`
		F float32        `json:",string"`
		B bool           `json:",string"`
		S string         `json:",string"`
		D time.Duration  `json:",string"`
		N json.Number    `json:",string"`
		L []int          `json:",string"` //nolint:staticcheck // has no effect
		T TextInt        `json:",string"`
		O uint8          `json:"o,omitempty,string"`
		Q **int          `json:",string"` //nolint:staticcheck // has no effect
		X map[string]int `json:"x'y"`     //nolint:staticcheck // is not a name
	}
	seven := 7
	for name, v := range map[string]any{
		"string":      quoted{I: 1, P: &seven, F: 0.1, S: "<\"", D: 5, N: "1.50", L: []int{1}, T: 2},
		"string, nil": quoted{},
		"float32":     []float32{0.1, 1 << 24, 1<<24 + 2, 3.4e38, -7},
		"omitzero": struct {
			A time.Time    `json:",omitzero"`
			B *time.Time   `json:",omitzero"`
			C ZeroValue    `json:",omitzero"`
			D ZeroPointer  `json:",omitzero"`
			E *ZeroPointer `json:",omitzero"`
			F any          `json:",omitzero"`
			G ZeroPointer  `json:",omitzero"`
		}{A: local, B: &local, C: ZeroValue{1}, D: ZeroPointer{1}, E: &ZeroPointer{3}, F: ZeroPointer{1}},
		"number":                []json.Number{"", "0", "1e3"},
		"pointer to number":     new(json.Number),
		"raw, nil":              []json.RawMessage{nil},
		"nil IP":                []net.IP{nil},
		"nil map that marshals": []JSONMap{nil},
		"nil list by pointer":   []TextList{nil},
		"ambiguous":             Ambiguous{Base: Base{ID: 1}},
		"twice":                 PromotesTwice{Right: Right{R: 1}},
		"same tags":             newSameTags(1, 2, 3),
		"wrong name":            BadName{X: 1},
		"left out":              Skips{Other: Other{ID: "x"}},
		"text over JSON":        []encoding.TextMarshaler{big.NewInt(7)},
		"text keys":             map[TextKey]int{{1}: 1, {2}: 2},
		"pointer keys":          map[*TextKey]int{{1}: 1, nil: 2},
		"JSON keys":             map[JSONInt]int{1: 1},
		"string keys":           map[TextText]int{"a": 1},
		"interface keys":        map[encoding.TextMarshaler]int{TextText("a"): 1, big.NewInt(3): 2},
		"bytes with text":       []TextByte{1, 2},
		"named bytes":           []PlainByte{1, 2},
		"invalid UTF-8":         []string{"a\xff\xfeb", "\xe2\x82"},
		"nil bytes":             []any{[]byte(nil)},
		"unrelated method":      &Unrelated{5},
	} {
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(name, err)
		}
		d := json.NewDecoder(strings.NewReader(string(encoded)))
		d.UseNumber()
		if want, _ := decode(d); !agrees(value.Of(v), want) {
			t.Errorf("%s: %v, want %s", name, value.Of(v), encoded)
		}
	}
	if v := value.Of([]byte(nil)); !reflect.DeepEqual(v, attribute.Value{}) {
		t.Errorf("nil bytes have become %v", v)
	}
}

// TestOfDeepNesting: ten thousand levels of anything end quickly, and in a small
// value.
func TestOfDeepNesting(t *testing.T) {
	const levels = 10_000
	for name, v := range deepValues(levels) {
		start := time.Now()
		got := value.Of(v)
		took := time.Since(start)
		wantWithinBounds(t, got)
		if s := got.String(); len(s) > 2*maxBytes || took > 5*time.Second {
			t.Errorf("%s: %d bytes after %v", name, len(s), took)
		}
		value.Attributes("data", v)
	}
}

type node struct {
	Next *node `json:"next,omitempty"`
	N    int
}

type chain struct{ next any }

func (c chain) LogValue() slog.Value { return slog.AnyValue(c.next) }

type marshaled struct{ next any }

func (m *marshaled) MarshalText() ([]byte, error) { return []byte(value.Of(m.next).String()), nil }

func deepValues(levels int) map[string]any {
	list, pointers, logged, texts := any(1), any(1), any(1), any(1)
	var err error = textError("e")
	linked := &node{}
	typ := reflect.TypeFor[int]()
	for i := range levels {
		list, logged, texts = []any{list}, chain{logged}, marshaled{texts}
		inner := pointers
		pointers = &inner
		err = deepError{err}
		linked = &node{Next: linked}
		if i < 1000 {
			typ = reflect.SliceOf(typ)
		}
	}
	ofType := reflect.New(typ).Elem()
	for v := ofType; v.Kind() == reflect.Slice; v = v.Index(0) {
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	}
	return map[string]any{
		"maps": deepMap(levels), "lists": list, "pointers": pointers, "structs": linked, "attributes": deepAttributes(levels),
		"groups": deepGroups(levels), "LogValue": logged, "errors": err, "types": ofType.Interface(),
		"JSON lists":   json.RawMessage(strings.Repeat("[", levels) + strings.Repeat("]", levels)),
		"JSON objects": json.RawMessage(strings.Repeat(`{"a":`, levels) + "1" + strings.Repeat("}", levels)),
		"short JSON":   json.RawMessage(strings.Repeat("[", levels/2) + strings.Repeat("]", levels/2)),
		"MarshalText":  texts,
	}
}

type textError string

func (e textError) Error() string { return string(e) }

type deepError struct{ error }

func (e deepError) Unwrap() error { return e.error }

func newSameTags(fields ...int) any {
	v := reflect.New(sameTags).Elem()
	for i, n := range fields {
		v.Field(i).SetInt(int64(n))
	}
	return v.Interface()
}
