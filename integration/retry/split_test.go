package retry

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"

	"github.com/krunchwrapper/asynclog/processor"
)

// sizeRecorder is an OTLP receiver that records the sizes of requests.
type sizeRecorder struct {
	mu    sync.Mutex
	sizes []int
}

func (s *sizeRecorder) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	n, _ := io.Copy(io.Discard, r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sizes = append(s.sizes, int(n))
}

// TestSizes compares the estimated size of a request with the real size, for records of
// all shapes: no request may exceed the limit, and two consecutive requests must not fit
// into one.
func TestSizes(t *testing.T) {
	for _, tc := range []struct {
		name   string
		limit  int
		scopes int
		shape  func(*rand.Rand, *log.Record)
		fill   float64 // share of the limit that two consecutive requests must have
	}{
		{"small", 20_000, 1, func(_ *rand.Rand, r *log.Record) { r.SetBody(attribute.StringValue("ready")) }, 0.85},
		{"text", 50_000, 1, func(random *rand.Rand, r *log.Record) {
			r.SetBody(attribute.StringValue(strings.Repeat("x", random.IntN(2000))))
		}, 0.9},
		{"attributes", 100_000, 1, func(random *rand.Rand, r *log.Record) { r.AddAttributes(attributes(random, 12)...) }, 0.9},
		{"of many scopes", 100_000, 5, func(random *rand.Rand, r *log.Record) { r.AddAttributes(attributes(random, 12)...) }, 0.9},
	} {
		t.Run(tc.name, func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			var s sizeRecorder
			server := httptest.NewServer(&s)
			defer server.Close()
			p := processor.New(newHTTP(t, server.URL), processor.WithFallback(nil), processor.WithExportMaxBatchBytes(tc.limit),
				processor.WithExportInterval(time.Hour), processor.WithMaxQueueSize(8192), processor.WithExportMaxBatchSize(4096))
			provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p), sdklog.WithResource(resource.NewSchemaless(
				attribute.String("service.name", "a service with a name"), attribute.StringSlice("list", []string{"a", "bc"}))))
			for i := range 4096 {
				var r log.Record
				r.SetSeverity(log.Severity(random.IntN(17))) // none is exported at once
				r.SetEventName(strings.Repeat("e", random.IntN(3)))
				tc.shape(random, &r)
				name := fmt.Sprintf("scope %d", i%tc.scopes)
				provider.Logger(name, log.WithInstrumentationVersion("v1.2.3"), log.WithSchemaURL("https://example.com/s"),
					log.WithInstrumentationAttributes(attribute.String("k", "v"))).Emit(t.Context(), r)
			}
			if err := provider.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := p.Stats().Exported; got != 4096 || len(s.sizes) < 5 {
				t.Fatalf("records exported: %d, requests: %d", got, len(s.sizes))
			}
			for i, n := range s.sizes {
				if n > tc.limit {
					t.Errorf("request %d has %d bytes, the limit is %d", i, n, tc.limit)
				}
				if i > 0 && float64(s.sizes[i-1]+n) < tc.fill*float64(tc.limit) {
					t.Errorf("requests %d and %d, of %d and %d bytes, fit into one of %d", i-1, i, s.sizes[i-1], n, tc.limit)
				}
				if full := i < len(s.sizes)-1; full && float64(n) < (tc.fill-0.1)*float64(tc.limit) {
					t.Errorf("request %d of %d has %d bytes, the limit is %d", i, len(s.sizes), n, tc.limit)
				}
			}
		})
	}
}

// attributes returns at most limit attributes of all kinds.
func attributes(random *rand.Rand, limit int) []attribute.KeyValue {
	out := make([]attribute.KeyValue, random.IntN(limit+1))
	for i := range out {
		out[i] = attribute.KeyValue{Key: attribute.Key(fmt.Sprintf("key.%d", i)), Value: value(random, 2)}
	}
	return out
}

func value(random *rand.Rand, depth int) attribute.Value {
	kinds := 10
	if depth > 0 {
		kinds = 12
	}
	some := random.IntN(4)
	text := strings.Repeat("ä", random.IntN(100))
	switch random.IntN(kinds) {
	case 0:
		return attribute.BoolValue(some > 1)
	case 1:
		return attribute.Int64Value(random.Int64() >> random.IntN(64))
	case 2:
		return attribute.Int64Value(-int64(some))
	case 3:
		return attribute.Float64Value(random.NormFloat64())
	case 4:
		return attribute.StringValue(text)
	case 5:
		return attribute.BoolSliceValue(make([]bool, some))
	case 6:
		return attribute.Int64SliceValue([]int64{-1, 0, 1, random.Int64()}[:some])
	case 7:
		return attribute.Float64SliceValue(make([]float64, some))
	case 8:
		return attribute.StringSliceValue([]string{"", text, "a"}[:some%4])
	case 9:
		return attribute.ByteSliceValue([]byte(text))
	case 10:
		list := make([]attribute.Value, some)
		for i := range list {
			list[i] = value(random, depth-1)
		}
		return attribute.SliceValue(list...)
	default:
		m := make([]attribute.KeyValue, some)
		for i := range m {
			m[i] = attribute.KeyValue{Key: attribute.Key(fmt.Sprint("k", i)), Value: value(random, depth-1)}
		}
		return attribute.MapValue(m...)
	}
}

// TestMoreThanAReceiverAccepts exports a batch and a record that are each larger than the
// maximum request size of a gRPC server.
func TestMoreThanAReceiverAccepts(t *testing.T) {
	var mu sync.Mutex
	got := 0
	address, _ := serve(t, "", &receiver{answer: func(_ context.Context, req *collogpb.ExportLogsServiceRequest) error {
		mu.Lock()
		defer mu.Unlock()
		got += len(req.ResourceLogs[0].ScopeLogs[0].LogRecords)
		return nil
	}})
	p, l := start(t, newGRPC(t, address))
	for range 512 {
		emit(l, strings.Repeat("x", 20<<10))
	}
	emit(l, strings.Repeat("x", 4<<20))
	err := p.ForceFlush(t.Context())
	if err == nil || !strings.Contains(err.Error(), "WithExportMaxBatchBytes") {
		t.Errorf("flush returns %v, want an error about the record that is too large", err)
	}
	s := p.Stats()
	if got != 512 || s.Exported != 512 || s.DroppedTotal() != 1 || s.Dropped[0].Reason != processor.ReasonRecordTooLarge {
		t.Errorf("%d received, %+v", got, s)
	}
	if e := s.Exporters[0]; e.Failures != 0 || e.Exports != 3 {
		t.Errorf("exports: %d, failures: %d; want 3 exports for ten megabytes", e.Exports, e.Failures)
	}
}
