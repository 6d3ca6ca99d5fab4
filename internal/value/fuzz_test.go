package value_test

import (
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/krunchwrapper/asynclog/internal/value"
)

// FuzzOf uses the input as a program that builds a value: of any kind, nested, cyclic
// or hostile. The result is always a value within the bounds.
func FuzzOf(f *testing.F) {
	for kind := range byte(generators) {
		f.Add([]byte{kind, 3, kind, 1, 2, 'x', kind, 4, 0xff, 0xc3, 0x28})
		f.Add([]byte{13, 2, kind, 1, 2, 3, 4, 5, 6, 7, 8, 21, 0, kind, 2, 2, 21, 1, 9, 9, 9, 9})
	}
	f.Fuzz(func(t *testing.T, program []byte) {
		g := generator{program: program[:min(len(program), 1<<10)]}
		v := g.value(0)
		wantWithinBounds(t, value.Of(v))
	})
}

// generators is the number of kinds of values that a [generator] makes.
const generators = 26

// generator makes a Go value from bytes.
type generator struct {
	program []byte
	made    []any // references, to be used again
}

func (g *generator) next() byte {
	if len(g.program) == 0 {
		return 0
	}
	b := g.program[0]
	g.program = g.program[1:]
	return b
}

func (g *generator) uint64() uint64 {
	var b [8]byte
	n := copy(b[:], g.program)
	g.program = g.program[n:]
	return binary.LittleEndian.Uint64(b[:])
}

func (g *generator) text() string {
	n := min(int(g.next()), len(g.program))
	s := string(g.program[:n])
	g.program = g.program[n:]
	if g.next()%16 == 15 {
		s = strings.Repeat(s, 1000)
	}
	return s
}

func (g *generator) value(depth int) any {
	if depth > 40 {
		return nil
	}
	switch g.next() % generators {
	case 1:
		return g.next()%2 == 0
	case 2:
		return int64(g.uint64())
	case 3:
		return g.uint64()
	case 4:
		return math.Float64frombits(g.uint64())
	case 5:
		return complex64(complex(float64(g.next()), math.NaN()))
	case 6:
		return g.text()
	case 7:
		return []byte(g.text())
	case 8:
		return time.Unix(int64(g.uint64()), 0)
	case 9:
		return time.Duration(g.uint64())
	case 10:
		return json.RawMessage(g.text())
	case 11:
		return json.Number(g.text())
	case 12:
		return hostile([]string{
			"LogValue panics", "LogValue recurses", "MarshalJSON fails", "MarshalText panics", "Error panics", "panic panics",
		}[g.next()%6]).value()
	case 13, 14:
		l := make([]any, g.next()%120)
		g.made = append(g.made, l)
		for i := range l {
			l[i] = g.value(depth + 1)
		}
		return l
	case 15, 16:
		m := map[string]any{}
		g.made = append(g.made, m)
		for range g.next() % 120 {
			m[g.text()] = g.value(depth + 1)
		}
		return m
	case 17:
		m := map[any]any{}
		g.made = append(g.made, m)
		for range g.next() % 16 {
			key := g.value(depth + 1)
			if reflect.ValueOf(key).IsValid() && !reflect.ValueOf(key).Comparable() {
				key = level(g.next())
			}
			m[key] = g.value(depth + 1)
		}
		return m
	case 18:
		p := new(any)
		g.made = append(g.made, p)
		*p = g.value(depth + 1)
		return p
	case 19:
		n := &linked{}
		g.made = append(g.made, n)
		n.Any, n.Hidden, n.Text = g.value(depth+1), make(chan int), text(g.text())
		n.Next, _ = g.again().(*linked)
		return n
	case 20:
		return linked{Any: g.value(depth + 1)}
	case 21:
		return g.again()
	case 22:
		return attribute.MapValue(attribute.String(g.text(), g.text()), attribute.ByteSlice(g.text(), []byte(g.text())))
	case 23:
		return slog.GroupValue(slog.Any(g.text(), g.value(depth+1)), slog.Any("", slog.GroupValue(slog.Any("", g.value(depth+1)))))
	case 24:
		return g.next
	case 25:
		return [300]byte{g.next()}
	default:
		return nil
	}
}

// again returns a reference that was made before, and may be incomplete.
func (g *generator) again() any {
	if len(g.made) == 0 {
		return nil
	}
	return g.made[int(g.next())%len(g.made)]
}

type linked struct {
	*inner

	Any    any      `json:"any,omitempty"`
	Hidden chan int `json:"-"`
	Text   text     `json:",omitzero"`
	Next   *linked
}

// FuzzOfJSON: a small value decoded from JSON is converted without loss.
func FuzzOfJSON(f *testing.F) {
	for _, doc := range []string{
		`{"a":[1,2.5,-3e100,"x",null,true,{"b":{}}],"…":[]}`, `[]`, `[[[[[[[[[[1]]]]]]]]]]`, `{"\u0000":"\ud800"}`, `[1e400]`,
	} {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		var want any
		if len(doc) > 200 || json.Unmarshal([]byte(doc), &want) != nil || !plain(want, 0) {
			return
		}
		v := value.Of(want)
		wantWithinBounds(t, v)
		var got any
		switch want := want.(type) {
		case map[string]any, []any:
			if err := json.Unmarshal([]byte(v.String()), &got); err != nil {
				t.Fatalf("%v: %s", err, v)
			}
		default:
			_, got = want, v.AsInterface()
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%#v became %#v", want, got)
		}
	})
}

// plain reports whether a value is converted without a change.
func plain(v any, depth int) bool {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if k == "" || !plain(e, depth+1) {
				return false
			}
		}
	case []any:
		for _, e := range v {
			if !plain(e, depth+1) {
				return false
			}
		}
	default:
		return true
	}
	return depth < maxDepth
}
