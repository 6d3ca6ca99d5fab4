package bridge_test

import (
	"regexp"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/bridge"
)

func TestValidCorrelationID(t *testing.T) {
	for id, want := range map[string]bool{
		"":                                     false,
		"a":                                    true,
		"018f6f0e-7c1a-7000-8000-000000000000": true,
		"01J0ABCDEFGHJKMNPQRSTVWXYZ":           true,
		"4bf92f3577b34da6a3ce929d0e0e4736":     true,
		"svc:req.1_2-3":                        true,
		strings.Repeat("x", 128):               true,
		strings.Repeat("x", 129):               false,
		"with space":                           false,
		"tab\t":                                false,
		"line\nfeed":                           false,
		"nul\x00":                              false,
		"ünicode":                              false,
		"a/b":                                  false,
		"a,b":                                  false,
		"<script>":                             false,
		"a\u200b":                              false,
	} {
		if got := bridge.ValidCorrelationID(id); got != want {
			t.Errorf("ValidCorrelationID(%q) = %v", id, got)
		}
	}
}

// FuzzValidCorrelationID compares with a regular expression.
func FuzzValidCorrelationID(f *testing.F) {
	model := regexp.MustCompile(`\A[A-Za-z0-9._:-]{1,128}\z`)
	for _, id := range []string{"", "abc", "a\n", "é", strings.Repeat("a", 129), "\xff", "A.z_0:9-"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if got, want := bridge.ValidCorrelationID(id), model.MatchString(id); got != want {
			t.Errorf("ValidCorrelationID(%q) = %v, want %v", id, got, want)
		}
	})
}

func TestNewCorrelationID(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := bridge.NewCorrelationID(t.Context())
		if !isHexID(id) || !bridge.ValidCorrelationID(id) || seen[id] {
			t.Fatalf("%q is not a new ID", id)
		}
		seen[id] = true
	}
	if id := bridge.NewCorrelationID(nil); !isHexID(id) { //nolint:staticcheck // documented
		t.Errorf("%q without a context", id)
	}
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{0xaa}, SpanID: trace.SpanID{0xbb}})
	if id := bridge.NewCorrelationID(trace.ContextWithSpanContext(t.Context(), sc)); id != sc.TraceID().String() {
		t.Errorf("%q, want the trace ID %v", id, sc.TraceID())
	}
}
