package size

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

// ordinaryLimit is the processor's default for a request.
const ordinaryLimit = 3584 << 10

// request is what Split says about one request.
type request struct{ n, oversize int }

func split(s *Splitter, recs []sdklog.Record, limit int) (requests []request) {
	s.Split(recs, limit, func(n, oversize int) { requests = append(requests, request{n, oversize}) })
	return requests
}

// What records share is counted once in a request.
func TestSharedSize(t *testing.T) {
	s := newShared()
	r := exportertest.Record(log.SeverityInfo, "")
	first := s.add(&r)
	if again := s.add(&r); first <= 0 || again != 0 {
		t.Errorf("%d bytes, and again %d", first, again)
	}
	s.reset()
	if again := s.add(&r); again != first {
		t.Errorf("%d bytes in the next request, want %d", again, first)
	}
	// However many scopes there are, the size of each is counted at least once.
	var k capturingProcessor
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(&k))
	s.reset()
	for round := range 3 {
		for i := range 2 * len(s.contained) {
			provider.Logger(fmt.Sprintf("scope %02d", i)).Emit(t.Context(), log.Record{})
			got := s.add(&k.record)
			if counted := got > 0; round == 0 && !counted || round > 0 && counted != (i >= len(s.contained)) {
				t.Errorf("round %d, scope %d: %d bytes", round, i, got)
			}
		}
	}
}

// A request has a message for a resource and one for a scope even if a record has
// neither. Their sizes are right before anything else was measured, too.
func TestSharedSizeOfNothing(t *testing.T) {
	var none sdklog.Record
	named := exportertest.Record(log.SeverityInfo, "")
	s := newShared()
	if got, want := s.add(&none), 4*Longest; got != want {
		t.Errorf("%d bytes for no resource and no scope, want %d", got, want)
	}
	s.add(&named)
	s.reset()
	if got, want := s.add(&none), 4*Longest; got != want {
		t.Errorf("%d bytes after another, want %d", got, want)
	}
}

func TestSplit(t *testing.T) {
	small, giant := exportertest.Record(log.SeverityInfo, "a"), exportertest.Record(log.SeverityInfo, strings.Repeat("x", 5000))
	s := NewSplitter()
	each := Record(&small)
	shared := s.RequestSize(&small) - each
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
		for _, r := range split(s, recs, tc.limit) {
			if r.oversize > 0 {
				r.n = -r.n
			}
			got = append(got, r.n)
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s at %d: %v, want %v", tc.recs, tc.limit, got, tc.want)
		}
	}
}

func TestSplitDoesNotAllocate(t *testing.T) {
	recs := make([]sdklog.Record, 512)
	for i := range recs {
		recs[i] = exportertest.Record(log.SeverityInfo, "message", attribute.String("a", "b"), attribute.Int("c", i),
			attribute.Bool("d", true), attribute.Float64("e", 1), attribute.String("f", "g"), attribute.String("h", "i"))
	}
	s := NewSplitter()
	requests := make([]request, 0, 8)
	if n := testing.AllocsPerRun(10, func() {
		requests = requests[:0]
		s.Split(recs, 1<<20, func(n, oversize int) { requests = append(requests, request{n, oversize}) })
	}); n > 0 {
		t.Errorf("%v allocations for 512 records", n)
	}
}

// BenchmarkSplit measures what the estimate of sizes costs a worker for each batch.
func BenchmarkSplit(b *testing.B) {
	recs := make([]sdklog.Record, 512)
	for i := range recs {
		recs[i] = exportertest.Record(log.SeverityInfo, "a message of ordinary length for a benchmark",
			attribute.String("a", "value"), attribute.Int("b", i), attribute.String("c", "value"), attribute.String("d", "value"), attribute.String("e", "value"))
	}
	s := NewSplitter()
	b.ReportAllocs()
	for b.Loop() {
		s.Split(recs, ordinaryLimit, func(int, int) {})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/512, "ns/record")
}
