package value_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/krunchwrapper/asynclog/internal/value"
)

// FuzzOfAgreesWithJSON uses the input as a program that builds a type and a value of
// it. Wherever encoding/json converts such a value, the result is the same, except for
// the documented differences.
func FuzzOfAgreesWithJSON(f *testing.F) {
	for seed := range uint64(500) {
		program := make([]byte, 200)
		r := rand.New(rand.NewPCG(seed, seed))
		for i := range program {
			program[i] = byte(r.Uint32())
		}
		f.Add(program)
	}
	for i := range namedTypes {
		for wrap := range byte(wraps) {
			f.Add([]byte{wrap, namedKind, byte(i), 1, 2, 3, 1, 4, 5, 1, 6, 1, 1, 1, 1, 1, 1, 1, 1, 1})
		}
	}
	f.Fuzz(func(t *testing.T, program []byte) {
		g := typeGenerator{generator{program: program[:min(len(program), 256)]}}
		wrap := g.next()
		v := wrapValue(g.value(g.typ(0), 0), wrap)
		got := value.Of(v.Interface())
		wantWithinBounds(t, got)
		if s := got.String(); strings.Contains(s, hidden) {
			t.Errorf("%v: %s has what MarshalText hides", v.Type(), s)
		}
		encoded, err := marshal(v.Interface())
		if err != nil {
			return // encoding/json does not convert it
		}
		d := json.NewDecoder(bytes.NewReader(encoded))
		d.UseNumber()
		if want, ok := decode(d); ok && !agrees(got, want) {
			t.Errorf("%v\nhas become      %s\nencoding/json:  %s", v.Type(), got, encoded)
		}
	})
}

// marshal returns an error also if encoding/json panics. It does for unexported
// embedded structs that have methods.
func marshal(v any) (b []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return json.Marshal(v)
}

// decode reports false if an object has a key twice: the differences between such
// keys are documented.
func decode(d *json.Decoder) (v any, unique bool) {
	token, err := d.Token()
	if err != nil {
		return nil, false
	}
	switch token {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			e, ok := decode(d)
			if !ok {
				return nil, false
			}
			list = append(list, e)
		}
		_, err = d.Token()
		return list, err == nil
	case json.Delim('{'):
		m := map[string]any{}
		for d.More() {
			key, _ := decode(d)
			e, ok := decode(d)
			if _, taken := m[key.(string)]; taken || !ok {
				return nil, false
			}
			m[key.(string)] = e
		}
		_, err = d.Token()
		return m, err == nil
	default:
		return token, true
	}
}

// agrees compares with a decoded JSON document.
func agrees(got attribute.Value, want any) bool {
	switch got.Type() {
	case attribute.EMPTY:
		return want == nil
	case attribute.BOOL:
		return want == got.AsBool()
	case attribute.INT64:
		n, ok := want.(json.Number)
		return ok && n.String() == strconv.FormatInt(got.AsInt64(), 10) || n == "-0" && got.AsInt64() == 0
	case attribute.FLOAT64:
		n, ok := want.(json.Number)
		f, err := n.Float64()
		return ok && err == nil && f == got.AsFloat64()
	case attribute.BYTESLICE:
		if s, ok := want.(string); ok {
			return s == base64.StdEncoding.EncodeToString(got.AsByteSlice())
		}
		list := []any{}
		for _, b := range got.AsByteSlice() {
			list = append(list, json.Number(strconv.Itoa(int(b))))
		}
		return reflect.DeepEqual(want, list)
	case attribute.STRING:
		return textAgrees(got.AsString(), want)
	case attribute.SLICE:
		list, ok := want.([]any)
		ok = ok && len(list) == len(got.AsSlice())
		for i, e := range got.AsSlice() {
			ok = ok && agrees(e, list[i])
		}
		return ok
	case attribute.MAP:
		return mapAgrees(got.AsMap(), want)
	default:
		return false
	}
}

func textAgrees(got string, want any) bool {
	if n, ok := want.(json.Number); ok { // has no place in an int64 or a float64
		_, noInt := n.Int64()
		f, noFloat := n.Float64()
		if got == n.String() && noInt != nil && (noFloat != nil || math.Abs(f) > math.MaxInt64) {
			return true
		}
	}
	if m, ok := want.(map[string]any); ok && got == "***" {
		return m["Secret"] == hidden && len(m) == 1
	}
	if got == want {
		return true
	}
	for _, mark := range []string{markPointer, markString, markError, markLogged} {
		if rest, ok := strings.CutPrefix(got, mark); ok {
			var v any
			d := json.NewDecoder(strings.NewReader(rest))
			d.UseNumber()
			return rest == want || d.Decode(&v) == nil && reflect.DeepEqual(v, want)
		}
	}
	return false
}

func mapAgrees(got []attribute.KeyValue, want any) bool {
	if len(got) == 1 && got[0].Key == "pointer" && (agrees(got[0].Value, want) || got[0].Value.String() == want) {
		return true
	}
	m, ok := want.(map[string]any)
	if !ok || len(m) != len(got) {
		return false
	}
	for _, kv := range got {
		key := string(kv.Key)
		if key == "(empty)" {
			key = ""
		}
		if _, ok := m[key]; !ok {
			if _, rest, found := strings.Cut(key, ":"); found {
				key = strings.Trim(rest, `"`)
			}
		}
		e, ok := m[key]
		if !ok || !agrees(kv.Value, e) {
			return false
		}
	}
	return true
}

// wraps is the number of ways in which a value is handed over.
const wraps = 5

func wrapValue(v reflect.Value, wrap byte) reflect.Value {
	t := v.Type()
	switch wrap % wraps {
	case 1: // addressable
		p := reflect.New(t)
		p.Elem().Set(v)
		return p
	case 2: // addressable elements
		return reflect.Append(reflect.MakeSlice(reflect.SliceOf(t), 0, 1), v)
	case 3: // not addressable
		m := reflect.MakeMap(reflect.MapOf(reflect.TypeFor[string](), t))
		m.SetMapIndex(reflect.ValueOf("k"), v)
		return m
	case 4:
		a := reflect.New(reflect.ArrayOf(1, t)).Elem()
		a.Index(0).Set(v)
		return reflect.ValueOf(a.Interface())
	default:
		return v
	}
}
