package value_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"math/big"
	"net"
	"net/url"
	"reflect"
	"sync"
	"testing"
	"time"
	"unsafe"

	"go.opentelemetry.io/otel/attribute"

	"github.com/krunchwrapper/asynclog/internal/value"
)

type (
	level     int
	text      string
	flag      bool
	payload   []byte
	jsonInt   int
	textInt   int
	valued    int
	both      struct{ N int }
	pointered struct{ N int }
)

func (level) String() string { return "high" }
func (jsonInt) MarshalJSON() ([]byte, error) {
	return []byte(`{"n":[1,2.5,"x",null,12345678901234567890]}`), nil
}
func (jsonInt) String() string                  { return "not called" }
func (textInt) MarshalText() ([]byte, error)    { return []byte("marshalled"), nil }
func (textInt) Error() string                   { return "not called" }
func (valued) LogValue() slog.Value             { return slog.GroupValue(slog.String("secret", "***")) }
func (valued) MarshalJSON() ([]byte, error)     { panic("not called") }
func (both) Error() string                      { return "failure" }
func (both) String() string                     { return "not called" }
func (*pointered) MarshalText() ([]byte, error) { return []byte("by pointer"), nil }
func attr(k string, v any) attribute.KeyValue {
	return attribute.KeyValue{Key: attribute.Key(k), Value: value.Of(v)}
}

func texts(texts ...string) (vs []attribute.Value) {
	for _, s := range texts {
		vs = append(vs, attribute.StringValue(s))
	}
	return vs
}

func TestOf(t *testing.T) {
	when := time.Date(2026, 7, 31, 12, 30, 0, 5, time.FixedZone("", 7200))
	seconds := 2 * time.Second
	list := []int{1, 2}
	deep := &list
	deeper := &deep
	var (
		noError    error
		noStringer *big.Int
		str        = attribute.StringValue
		num        = attribute.Int64Value
		slice      = attribute.SliceValue
		object     = attribute.MapValue
		empty      attribute.Value
	)
	for name, c := range map[string]struct {
		v    any
		want attribute.Value
	}{
		"nil":                {nil, empty},
		"nil error":          {noError, empty},
		"nil pointer":        {noStringer, empty},
		"nil map":            {map[string]int(nil), empty},
		"nil slice":          {[]string(nil), empty},
		"nil func":           {(func())(nil), empty},
		"nil duration":       {(*time.Duration)(nil), empty},
		"nil time":           {(*time.Time)(nil), empty},
		"nil set":            {(*attribute.Set)(nil), empty},
		"bool":               {true, attribute.BoolValue(true)},
		"named bool":         {flag(true), attribute.BoolValue(true)},
		"int8":               {int8(-8), num(-8)},
		"rune":               {'a', num('a')},
		"uint64":             {uint64(math.MaxInt64), num(math.MaxInt64)},
		"large uint64":       {uint64(math.MaxUint64), str("18446744073709551615")},
		"uintptr":            {uintptr(7), num(7)},
		"float32":            {float32(0.5), attribute.Float64Value(0.5)},
		"float64":            {0.1, attribute.Float64Value(0.1)},
		"NaN":                {math.NaN(), str("NaN")},
		"infinity":           {math.Inf(1), str("+Inf")},
		"minus infinity":     {float32(math.Inf(-1)), str("-Inf")},
		"complex":            {complex(1, -2), str("(1-2i)")},
		"string":             {"text", str("text")},
		"named string":       {text("text"), str("text")},
		"not UTF-8":          {"a\xffb", str("a\uFFFDb")},
		"bytes":              {[]byte{0, 0xff}, attribute.ByteSliceValue([]byte{0, 0xff})},
		"named bytes":        {payload("ab"), attribute.ByteSliceValue([]byte("ab"))},
		"byte array":         {[2]byte{1, 2}, attribute.ByteSliceValue([]byte{1, 2})},
		"byte array pointer": {&[2]byte{1, 2}, attribute.ByteSliceValue([]byte{1, 2})},
		"time":               {when, str("2026-07-31T12:30:00.000000005+02:00")},
		"time pointer":       {&when, str("2026-07-31T12:30:00.000000005+02:00")},
		"far time":           {time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC), str("12026-01-01T00:00:00Z")},
		"duration":           {seconds, num(2e9)},
		"duration pointer":   {&seconds, num(2e9)},
		"JSON integer":       {json.Number("12"), num(12)},
		"JSON float":         {json.Number("1.5"), attribute.Float64Value(1.5)},
		"JSON large integer": {json.Number("123456789012345678901"), str("123456789012345678901")},
		"JSON no number":     {json.Number("x"), str("x")},
		"raw JSON":           {json.RawMessage(`{"a":[true]}`), object(attribute.KeyValue{Key: "a", Value: slice(attribute.BoolValue(true))})},
		"raw no JSON":        {json.RawMessage(`{`), str("{")},

		"slice":           {[]string{"a", "b"}, slice(texts("a", "b")...)},
		"empty slice":     {[]int{}, slice()},
		"array":           {[2]bool{true, false}, slice(attribute.BoolValue(true), attribute.BoolValue(false))},
		"mixed":           {[]any{1, nil, "x"}, slice(num(1), empty, str("x"))},
		"pointers":        {deeper, slice(num(1), num(2))},
		"map":             {map[string]any{"b": 2, "a": nil}, object(attr("a", nil), attr("b", 2))},
		"empty map":       {map[int]int{}, object()},
		"int keys":        {map[int]string{2: "b", 10: "j"}, object(attr("2", "b"), attr("10", "j"))},
		"bool keys":       {map[bool]int{true: 1}, object(attr("true", 1))},
		"time keys":       {map[time.Time]int{when: 1}, object(attr("2026-07-31T12:30:00.000000005+02:00", 1))},
		"struct keys":     {map[struct{ X int }]int{{1}: 1}, object(attr(`{"X":1}`, 1))},
		"pointer keys":    {map[*int]int{new(int): 1}, object(attr("0", 1))},
		"stringer keys":   {map[level]int{1: 1}, object(attr("high", 1))},
		"keys of any":     {map[any]int{1: 7, "1": 7, 2.5: 8}, object(attr("1", 7), attr("1#2", 7), attr("2.5", 8))},
		"nil key":         {map[any]int{nil: 1}, object(attr("(empty)", 1))},
		"keys alike":      {map[level]int{1: 7, 2: 7, 3: 7}, object(attr("high", 7), attr("high#2", 7), attr("high#3", 7))},
		"map of pointers": {map[string]*int{"a": nil}, object(attr("a", nil))},

		"error":            {errors.New("broken"), str("broken")},
		"stringer":         {level(3), str("high")},
		"big integer":      {big.NewInt(7), num(7)},
		"URL":              {&url.URL{Scheme: "https", Host: "example.com"}, str("https://example.com")},
		"IP":               {net.IPv4(10, 0, 0, 1), str("10.0.0.1")},
		"JSON first":       {jsonInt(1), object(attr("n", []any{1, 2.5, "x", nil, "12345678901234567890"}))},
		"text first":       {textInt(1), str("marshalled")},
		"LogValue first":   {valued(1), object(attr("secret", "***"))},
		"error first":      {both{1}, str("failure")},
		"by value":         {pointered{1}, str("by pointer")},
		"by pointer":       {&pointered{1}, str("by pointer")},
		"inside":           {[]any{level(1), valued(2), &pointered{3}}, slice(str("high"), object(attr("secret", "***")), str("by pointer"))},
		"inside, by type":  {[]level{1}, slice(str("high"))},
		"channel":          {make(chan int), str("(chan int)")},
		"function":         {func(int) error { return nil }, str("(func(int) error)")},
		"unsafe pointer":   {unsafe.Pointer(t), str("(unsafe.Pointer)")},
		"mutex":            {&sync.Mutex{}, object()},
		"value":            {attribute.Int64SliceValue([]int64{1}), slice(num(1))},
		"attribute":        {attribute.Float64("a", math.NaN()), object(attr("a", "NaN"))},
		"attributes":       {[]attribute.KeyValue{attribute.Int("a", 1)}, object(attr("a", 1))},
		"set":              {attribute.NewSet(attribute.Int("a", 1)), object(attr("a", 1))},
		"nested attribute": {struct{ A []attribute.KeyValue }{[]attribute.KeyValue{attribute.Int("a", 1)}}, object(attr("A", map[string]int{"a": 1}))},
		"slog value":       {slog.DurationValue(time.Second), num(1e9)},
		"slog group":       {slog.GroupValue(slog.Int("a", 1), slog.Attr{}, slog.Group("", slog.Int("b", 2))), object(attr("a", 1), attr("b", 2))},
		"slog attribute":   {slog.Any("a", valued(1)), object(attr("a", map[string]string{"secret": "***"}))},
		"reflect.Value":    {reflect.ValueOf(7), str("<int Value>")},
	} {
		if got := value.Of(c.v); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v (%v), want %v (%v)", name, got, got.Type(), c.want, c.want.Type())
		}
	}
}
