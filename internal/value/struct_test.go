package value_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/krunchwrapper/asynclog/internal/value"
)

type inner struct {
	ID   int    `json:"id"`
	Name string `json:"inner_name"`
}

type deepest struct{ Depth, ID int }

type tree struct {
	Left  *tree `json:",omitempty"`
	Value int
}

type base struct {
	*deepest

	Common string
	Tagged string
}

type tagged struct {
	Named string `json:"Tagged"`
}

// TestOfStructs compares with encoding/json, whose rules for names, tags and embedding
// apply.
func TestOfStructs(t *testing.T) {
	type unexported struct{ Seen, hidden int }
	one := 1
	for name, v := range map[string]any{
		"tags": struct {
			A int `json:"a"`
			B int `json:"-"`
			C int `json:"-,"` //nolint:staticcheck // it is what encoding/json calls "-"
			D int `json:",omitempty"`
			E int `json:"e,omitempty"`
			F int `json:"f" other:"x"`
			g int
		}{A: 1, B: 2, C: 3, F: 4, g: 5},
		"omitempty": struct {
			S   string         `json:",omitempty"`
			L   []int          `json:",omitempty"`
			M   map[string]int `json:",omitempty"`
			P   *int           `json:",omitempty"`
			I   any            `json:",omitempty"`
			B   bool           `json:",omitempty"`
			F   float64        `json:",omitempty"`
			A   [0]int         `json:",omitempty"`
			In  inner          `json:",omitempty"` //nolint:modernize // that it has no effect is the point
			Set *int           `json:",omitempty"`
		}{L: []int{}, Set: &one},
		"omitzero": struct {
			T  time.Time `json:",omitzero"`
			In inner     `json:",omitzero"`
			N  int       `json:",omitzero"`
			X  int       `json:",omitzero"`
		}{X: 1},
		"embedded":         struct{ inner }{inner{1, "x"}},
		"embedded pointer": struct{ *inner }{&inner{1, "x"}},
		"embedded nil":     struct{ *inner }{},
		"embedded named":   struct{ Inner inner }{inner{1, "x"}},
		"embedded tagged": struct {
			base `json:"base"`
		}{},
		"shadowed": struct {
			inner
			ID    string
			Again int `json:"id"`
		}{inner: inner{1, "x"}, ID: "outer", Again: 2},
		"levels": struct{ base }{base{deepest: &deepest{3, 4}, Common: "c"}},
		"tag wins": struct {
			base
			tagged
		}{base{Tagged: "plain"}, tagged{"tagged"}},
		"unexported embedded": struct{ unexported }{unexported{1, 2}},
		"recursive":           tree{Left: &tree{Value: 1}, Value: 2},
		"nested":              map[string]any{"list": []inner{{1, "a"}, {2, "b"}}},
	} {
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		want := value.Of(json.RawMessage(encoded))
		if got := value.Of(v); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v as in %s", name, got, want, encoded)
		}
	}
}

// TestOfDoesNotCopy: only the exported fields behind a pointer are read. The race
// detector would report any other access.
func TestOfDoesNotCopy(t *testing.T) {
	type counter struct {
		Name string
		n    int
	}
	c := &counter{Name: "requests"}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 1000 {
			c.n++
		}
	}()
	for range 100 {
		if got, want := value.Of(c), attribute.MapValue(attribute.String("Name", "requests")); !reflect.DeepEqual(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	}
	<-done
}
