package processor

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// The sizes of values, counted by hand from the protobuf encoding: a tag of one
// byte, a length where there is one, and the value. What is really sent is compared in
// integration/retry.
func TestValueSize(t *testing.T) {
	for _, tc := range []struct {
		v    attribute.Value
		want int
	}{
		{attribute.Value{}, 0},
		{attribute.BoolValue(true), 2},
		{attribute.Int64Value(0), 2},
		{attribute.Int64Value(127), 2},
		{attribute.Int64Value(128), 3},
		{attribute.Int64Value(-1), 11},
		{attribute.Float64Value(1), 9},
		{attribute.StringValue(""), 2},
		{attribute.StringValue("abc"), 5},
		{attribute.StringValue(strings.Repeat("x", 127)), 129},
		{attribute.StringValue(strings.Repeat("x", 128)), 131},
		{attribute.ByteSliceValue([]byte("abc")), 5},
		{attribute.BoolSliceValue([]bool{true, false}), 2 + 2*4},
		{attribute.Int64SliceValue([]int64{1, -1}), 2 + 4 + 13},
		{attribute.Float64SliceValue([]float64{1}), 2 + 11},
		{attribute.StringSliceValue([]string{"", "ab"}), 2 + 4 + 6},
		{attribute.SliceValue(attribute.BoolValue(true), attribute.StringValue("a")), 2 + 4 + 5},
		{attribute.MapValue(attribute.Bool("k", true)), 2 + 2 + 3 + 4},
	} {
		if got := valueSize(tc.v); got != tc.want {
			t.Errorf("%v (%v): %d bytes, want %d", tc.v.Type(), tc.v.String(), got, tc.want)
		}
	}
}

func TestRecordSize(t *testing.T) {
	s := newSizer()
	r := exportertest.Record(log.SeverityInfo, "")
	base := s.record(&r)
	grows := func(what string, by int, change func(r *sdklog.Record)) {
		t.Helper()
		r := exportertest.Record(log.SeverityInfo, "")
		change(&r)
		if got := s.record(&r) - base; got != by {
			t.Errorf("%s: %d bytes more, want %d", what, got, by)
		}
	}
	grows("body", 3, func(r *sdklog.Record) { r.SetBody(attribute.StringValue("abc")) })
	grows("severity text", 2+4, func(r *sdklog.Record) { r.SetSeverityText("INFO") })
	grows("event name", 2+1, func(r *sdklog.Record) { r.SetEventName("e") })
	grows("trace", 18+10+5, func(r *sdklog.Record) { r.SetTraceID(trace.TraceID{1}) })
	grows("attribute", 2+3+2+2, func(r *sdklog.Record) { r.AddAttributes(attribute.Bool("k", true)) })
}

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

// BenchmarkPartsOf is what the estimate of sizes costs a worker, each batch: where a
// look at some records is enough, and where all are counted.
func BenchmarkPartsOf(b *testing.B) {
	recs := make([]sdklog.Record, 512)
	for i := range recs {
		recs[i] = exportertest.Record(log.SeverityInfo, "a message of ordinary length for a benchmark",
			attribute.String("a", "value"), attribute.Int("b", i), attribute.String("c", "value"), attribute.String("d", "value"), attribute.String("e", "value"))
	}
	for _, look := range []string{"some", "all"} {
		b.Run("look="+look, func(b *testing.B) {
			s := newSizer()
			parts := make([]part, 0, 8)
			b.ReportAllocs()
			for b.Loop() {
				s.careful = 0
				if look == "all" {
					s.careful = careful
				}
				parts = s.partsOf(parts[:0], recs, defaultMaxBatchBytes)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/512, "ns/record")
		})
	}
}
