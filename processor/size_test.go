package processor

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// What records share is counted once in a part.
func TestSharedSize(t *testing.T) {
	s := newSizer()
	r := exportertest.Record(log.SeverityInfo, "")
	first := s.share(&r)
	if again := s.share(&r); first <= 0 || again != 0 {
		t.Errorf("%d bytes, and again %d", first, again)
	}
	s.begin()
	if again := s.share(&r); again != first {
		t.Errorf("%d bytes in the next request, want %d", again, first)
	}
	// However many scopes there are, none is counted too little.
	var k keeper
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(&k))
	s.begin()
	for round := range 3 {
		for i := range 2 * len(s.shared) {
			provider.Logger(fmt.Sprintf("scope %02d", i)).Emit(t.Context(), log.Record{})
			got := s.share(&k.record)
			if counted := got > 0; round == 0 && !counted || round > 0 && counted != (i >= len(s.shared)) {
				t.Errorf("round %d, scope %d: %d bytes", round, i, got)
			}
		}
	}
}

// A request has a message for a resource and one for a scope even if a record has
// neither, and a new sizer must not take them for those that it knows.
func TestSharedSizeOfNothing(t *testing.T) {
	var none sdklog.Record
	named := exportertest.Record(log.SeverityInfo, "")
	s := newSizer()
	if got, want := s.share(&none), 4*message; got != want {
		t.Errorf("%d bytes for no resource and no scope, want %d", got, want)
	}
	s.share(&named)
	s.begin()
	if got, want := s.share(&none), 4*message; got != want {
		t.Errorf("%d bytes after another, want %d", got, want)
	}
}

func TestDivide(t *testing.T) {
	small, giant := exportertest.Record(log.SeverityInfo, "a"), exportertest.Record(log.SeverityInfo, strings.Repeat("x", 5000))
	s := newSizer()
	s.begin()
	shared := s.share(&small)
	each := s.record(&small)
	for _, tc := range []struct {
		recs  string // s: small, G: giant
		limit int
		want  []int
	}{
		{"", 1000, nil},
		{"s", 1000, []int{1}},
		{"ssss", 1000, []int{4}},
		{"ssss", shared + 4*each, []int{4}},
		{"ssss", shared + 4*each - 1, []int{3, 1}},
		{"sssss", shared + 2*each, []int{2, 2, 1}},
		{"sss", shared + each, []int{1, 1, 1}},
		{"sss", shared + each - 1, []int{-1, -1, -1}},
		{"G", 4000, []int{-1}},
		{"sGssGGs", 4000, []int{1, -1, 2, -1, -1, 1}},
		{"sGs", 6000, []int{3}},
	} {
		var recs []sdklog.Record
		for _, c := range tc.recs {
			if c == 's' {
				recs = append(recs, small)
			} else {
				recs = append(recs, giant)
			}
		}
		var got []int
		for _, p := range s.divide(nil, recs, tc.limit) {
			if p.size > 0 {
				p.n = -p.n
			}
			got = append(got, p.n)
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s at %d: %v, want %v", tc.recs, tc.limit, got, tc.want)
		}
	}
}

func TestDivideDoesNotAllocate(t *testing.T) {
	recs := make([]sdklog.Record, 512)
	for i := range recs {
		recs[i] = exportertest.Record(log.SeverityInfo, "message", attribute.String("a", "b"), attribute.Int("c", i),
			attribute.Bool("d", true), attribute.Float64("e", 1), attribute.String("f", "g"), attribute.String("h", "i"))
	}
	s := newSizer()
	parts := make([]part, 0, 8)
	if n := testing.AllocsPerRun(10, func() { parts = s.divide(parts[:0], recs, 1<<20) }); n > 0 {
		t.Errorf("%v allocations for 512 records", n)
	}
}

// BenchmarkDivide is what the estimate of sizes costs a worker, each batch.
func BenchmarkDivide(b *testing.B) {
	recs := make([]sdklog.Record, 512)
	for i := range recs {
		recs[i] = exportertest.Record(log.SeverityInfo, "a message of ordinary length for a benchmark",
			attribute.String("a", "value"), attribute.Int("b", i), attribute.String("c", "value"), attribute.String("d", "value"), attribute.String("e", "value"))
	}
	s := newSizer()
	parts := make([]part, 0, 8)
	b.ReportAllocs()
	for b.Loop() {
		parts = s.divide(parts[:0], recs, defaultMaxBatchBytes)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/512, "ns/record")
}
