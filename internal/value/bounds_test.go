package value_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"

	"github.com/krunchwrapper/asynclog/internal/value"
)

// The documented bounds.
const (
	maxDepth   = 10
	maxMembers = 100
	maxValues  = 1000
	maxText    = 16 << 10
	maxBytes   = 64 << 10
	maxKey     = 256
	note       = 64 // bytes of "(cut, …)" and the like
)

// measure has the sizes of a value that are bounded.
type measure struct{ depth, members, values, text, bytes, key int }

func measured(v attribute.Value) (m measure) {
	m.add(v, 0)
	return m
}

func (m *measure) add(v attribute.Value, depth int) {
	m.values++
	m.depth = max(m.depth, depth)
	switch v.Type() {
	case attribute.STRING:
		m.text = max(m.text, len(v.AsString()))
		m.bytes += len(v.AsString())
	case attribute.BYTESLICE:
		m.text = max(m.text, len(v.AsByteSlice()))
		m.bytes += len(v.AsByteSlice())
	case attribute.SLICE:
		m.members = max(m.members, len(v.AsSlice()))
		for _, e := range v.AsSlice() {
			m.add(e, depth+1)
		}
	case attribute.MAP:
		m.members = max(m.members, len(v.AsMap()))
		for _, kv := range v.AsMap() {
			m.key = max(m.key, len(kv.Key))
			m.bytes += len(kv.Key)
			m.add(kv.Value, depth+1)
		}
	}
}

// wantWithinBounds checks the guarantees that hold for every value.
func wantWithinBounds(tb testing.TB, v attribute.Value) {
	tb.Helper()
	m := measured(v)
	// Each value that was cut or left out may have a note of its own.
	if m.depth > maxDepth || m.members > maxMembers+1 || m.values > 2*maxValues || m.text > maxText+note ||
		m.bytes > maxBytes+m.values*note || m.key > maxKey+note {
		tb.Errorf("%+v exceeds the bounds", m)
	}
	if _, err := json.Marshal(v); err != nil {
		tb.Errorf("a JSON exporter would fail: %v", err)
	}
	if s := v.String(); !utf8.ValidString(s) {
		tb.Errorf("OTLP would fail: %q", s)
	}
}

func TestOfBounds(t *testing.T) {
	type node struct{ Next any }
	nested := func(n int) any {
		var v any = 1
		for range n {
			v = node{v}
		}
		return v
	}
	fan := func() any { // 100^5 values
		var v any = 1
		for range 5 {
			next := make([]any, 100)
			for i := range next {
				next[i] = v
			}
			v = next
		}
		return v
	}
	many := map[int]int{}
	for i := range 100_000 {
		many[i] = i
	}
	var pointers any = 1
	for range 100_000 {
		inner := pointers
		pointers = &inner
	}
	var wide struct{ A, B, C [50]string }
	for i := range wide.A {
		wide.A[i], wide.B[i], wide.C[i] = strings.Repeat("a", 1000), strings.Repeat("b", 1000), strings.Repeat("c", 1000)
	}
	attrs := make([]attribute.KeyValue, 1000)
	slogs := make([]slog.Attr, 1000)
	for i := range attrs {
		attrs[i], slogs[i] = attribute.Int(fmt.Sprint(i), i), slog.Int(fmt.Sprint(i), i)
	}
	for name, c := range map[string]struct {
		v    any
		says string
	}{
		"text":            {strings.Repeat("x", 1<<20), "x(cut, 1048576 bytes)"},
		"runes":           {strings.Repeat("€", 1<<19), "€(cut, 1572864 bytes)"},
		"invalid":         {strings.Repeat("\xff\x00", 1<<19), "(cut, 1048576 bytes)"},
		"bytes":           {make([]byte, 1<<20), "AAAA(cut, 1048576 bytes, base64)"},
		"JSON":            {json.RawMessage(`["` + strings.Repeat("x", 1<<20) + `"]`), "(cut, 1048580 bytes)"},
		"slice":           {make([]int, 1000), `"(cut, 1000 elements)"`},
		"map":             {many, `"…":"(cut, 100000 members)"`},
		"attributes":      {attrs, `"…":"(cut, 1000 members)"`},
		"slog attributes": {slogs, `"…":"(cut, 1000 members)"`},
		"key":             {map[string]int{strings.Repeat("k", 1000): 1}, `k(cut, 1000 bytes)":1`},
		"deep":            {nested(100), "(nested too deeply: value_test.node)"},
		"deep map":        {deepMap(100), "(nested too deeply: map[string]interface {})"},
		"deep attributes": {deepAttributes(100), "(nested too deeply: []attribute.KeyValue)"},
		"deep groups":     {deepGroups(100), "(nested too deeply: []slog.Attr)"},
		"fan":             {fan(), "(cut, 100 elements)"},
		"pointers":        {pointers, "(cut)"},
		"much text":       {wide, "(cut, 50 elements)"},
	} {
		v := value.Of(c.v)
		wantWithinBounds(t, v)
		if s := v.String(); !strings.Contains(s, c.says) {
			t.Errorf("%s: %.200s … %s, want it to say %s", name, s, s[max(0, len(s)-200):], c.says)
		}
	}

	// A value that just fits is not cut.
	for _, v := range []any{nested(maxDepth), make([]int, maxMembers), strings.Repeat("x", maxText), make([]byte, maxText)} {
		if s := value.Of(v).String(); strings.Contains(s, "(") {
			t.Errorf("cut although it fits: %.100s", s)
		}
	}
}

func deepMap(n int) any {
	var v any = 1
	for range n {
		v = map[string]any{"m": v}
	}
	return v
}

func deepAttributes(n int) attribute.KeyValue {
	kv := attribute.Int("n", 1)
	for range n {
		kv = attribute.Map("m", kv)
	}
	return kv
}

func deepGroups(n int) slog.Attr {
	a := slog.Int("n", 1)
	for range n {
		a = slog.Attr{Key: "g", Value: slog.GroupValue(a)}
	}
	return a
}

type ring struct {
	Name string
	Next *ring
}

type selfPointer *selfPointer

func TestOfCycles(t *testing.T) {
	r := &ring{Name: "a"}
	r.Next = &ring{Name: "b", Next: r}
	m := map[string]any{}
	m["self"] = m
	l := make([]any, 1)
	l[0] = l
	var p selfPointer
	p = &p
	var i any
	i = &i
	for _, c := range []struct {
		v    any
		want string
	}{
		{r, `{"Name":"a","Next":{"Name":"b","Next":"(cycle: *value_test.ring)"}}`},
		{m, `{"self":"(cycle: map[string]interface {})"}`},
		{l, `["(cycle: []interface {})"]`},
		{p, `(cycle: value_test.selfPointer)`},
		{i, `(cycle: *interface {})`},
	} {
		if got := value.Of(c.v).String(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	// The same value twice is not a cycle.
	shared := &ring{Name: "shared"}
	if got, want := value.Of([]*ring{shared, shared}).String(),
		`[{"Name":"shared","Next":null},{"Name":"shared","Next":null}]`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestOfArrayIsNotCopied: only a hundred elements of a large array are kept, so it need
// not be copied.
func TestOfArrayIsNotCopied(t *testing.T) {
	array := new([1 << 20]int)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	v := value.Of(array)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 || len(v.AsSlice()) != 101 {
		t.Errorf("%d elements, %d bytes allocated", len(v.AsSlice()), n)
	}
}

// TestOfHostileMethods: if a method that returns fails in any way, the value says so
// and its neighbours are not affected.
func TestOfHostileMethods(t *testing.T) {
	const of = " of value_test.hostile"
	for mode, want := range map[hostile]string{
		"LogValue panics":    "(LogValue" + of + "LogValuer panicked: at the disco)",
		"LogValue recurses":  "(cut)",
		"MarshalJSON panics": "(MarshalJSON" + of + "JSON panicked: at the disco)",
		"MarshalJSON fails":  "(MarshalJSON" + of + "JSON failed: not today)",
		"MarshalText panics": "(MarshalText" + of + "Text panicked: at the disco)",
		"MarshalText fails":  "(MarshalText" + of + "Text failed: not today)",
		"Error panics":       "(Error" + of + "Error panicked: at the disco)",
		"String panics":      "(String" + of + "Stringer panicked: at the disco)",
		"panic panics":       "(String" + of + "Stringer panicked: %!v(PANIC=String method: at the disco))",
		"panic without end":  "(String" + of + "Stringer panicked: (value_test.hostileStringer))",
		"error without end":  "(MarshalJSON" + of + "JSON failed: (value_test.hostileError))",
	} {
		v := value.Of([]any{"before", mode.value(), "after"})
		got := v.AsSlice()
		if len(got) != 3 || got[0].AsString() != "before" || got[1].String() != want {
			t.Errorf("%s: %v, want %q between its neighbours", mode, v, want)
		}
	}
}

type (
	hostile          string
	hostileLogValuer struct{ hostile }
	hostileJSON      struct{ hostile }
	hostileText      struct{ hostile }
	hostileError     struct{ hostile }
	hostileStringer  struct{ hostile }
)

func (h hostile) value() any {
	switch {
	case strings.HasPrefix(string(h), "LogValue"):
		return hostileLogValuer{h}
	case strings.HasPrefix(string(h), "MarshalJSON"), h == "error without end":
		return hostileJSON{h}
	case strings.HasPrefix(string(h), "MarshalText"):
		return hostileText{h}
	case strings.HasPrefix(string(h), "Error"):
		return hostileError{h}
	default:
		return hostileStringer{h}
	}
}

func (h hostile) marshal() ([]byte, error) {
	if strings.HasSuffix(string(h), "fails") {
		return nil, fmt.Errorf("not %s", "today")
	}
	if h == "error without end" {
		return nil, hostileError{h}
	}
	panic("at the disco")
}

func (h hostileLogValuer) LogValue() slog.Value {
	if h.hostile == "LogValue recurses" {
		return slog.AnyValue(h)
	}
	panic("at the disco")
}
func (h hostileJSON) MarshalJSON() ([]byte, error) { return h.marshal() }
func (h hostileText) MarshalText() ([]byte, error) { return h.marshal() }
func (h hostileError) Error() string {
	if h.hostile == "error without end" {
		panic(h) // fmt cannot print such a value, and panics
	}
	panic("at the disco")
}

func (h hostileStringer) String() string {
	if h.hostile == "panic without end" {
		panic(h)
	}
	if h.hostile == "panic panics" {
		panic(hostileStringer{"String panics"})
	}
	panic("at the disco")
}
