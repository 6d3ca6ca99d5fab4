package otlp_test

import (
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/otlp"
)

// TestBatchSize: Size is exact around every length that takes a byte more.
func TestBatchSize(t *testing.T) {
	resources := []*otlp.Resource{testResource, otlp.NewResource(nil)}
	scopes := []*otlp.Scope{testScope, otlp.NewScope(instrumentation.Scope{})}
	var b otlp.Batch
	if b.Size() != 0 || b.Len() != 0 {
		t.Errorf("an empty batch has %d bytes", b.Size())
	}
	for _, around := range []int{60, 128, 1 << 14} {
		for n := around - 60; n < around+5; n++ {
			r := newRecord(t, func(r *sdklog.Record) { r.SetBody(attribute.StringValue(strings.Repeat("x", n))) })
			framed := otlp.AppendRecord(nil, &r)
			for _, res := range resources {
				b.Reset()
				for _, scope := range scopes {
					b.Add(res, scope, framed, 1)
					if got, want := b.Size(), len(b.AppendRequest(nil)); got != want {
						t.Fatalf("a text of %d bytes: Size is %d, the request has %d", n, got, want)
					}
				}
			}
		}
	}
}

// TestBatchGroups: records of a scope come together, those of a resource too, and a
// batch can be used again.
func TestBatchGroups(t *testing.T) {
	other := otlp.NewResource(resource.NewSchemaless(attribute.String("service.name", "other")))
	third := otlp.NewScope(instrumentation.Scope{Name: "third"})
	var b otlp.Batch
	for range 3 {
		b.Reset()
		arena := []byte("123456")
		b.Add(testResource, testScope, arena[:1], 1)
		b.Add(other, testScope, arena[1:2], 2)
		b.Add(testResource, third, arena[2:3], 1)
		b.Add(testResource, testScope, arena[3:], 4)
		groups := b.Groups()
		if b.Len() != 8 || len(groups) != 3 {
			t.Fatalf("%d records in %d groups, want 8 in 3", b.Len(), len(groups))
		}
		if g := groups[0]; g.Records != 5 || len(g.Frames) != 2 || string(g.Frames[1]) != "456" || g.Scope.Name() != "test" {
			t.Errorf("the first group: %+v", g)
		}
		if n := len(messages(t, b.AppendRequest(nil), 1)); n != 2 {
			t.Errorf("%d resources in the request, want 2", n)
		}
	}
	if n := testing.AllocsPerRun(10, func() {
		b.Reset()
		b.Add(testResource, testScope, nil, 1)
		b.Add(other, testScope, nil, 1)
		b.Add(testResource, third, nil, 1)
	}); n != 0 {
		t.Errorf("filling a batch again allocates %v times", n)
	}
}

// TestRequestLimit: it is for the whole request, with all that frames the records.
func TestRequestLimit(t *testing.T) {
	const limit = 64 << 20
	client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil || n != r.ContentLength || n > limit {
			t.Errorf("a body of %d bytes, %d announced, %v", n, r.ContentLength, err)
		}
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
	})}
	e := newExporter(t, otlp.WithHTTPClient(client))
	var b otlp.Batch
	fill := func(textSize int) {
		r := textRecords(t, strings.Repeat("x", textSize))
		b.Reset()
		b.Add(testResource, testScope, otlp.AppendRecord(nil, &r[0]), 1)
	}
	fill(limit - 500)
	exact := limit - 500 + limit - b.Size()
	for _, beyond := range []int{-1, 0, 1} {
		fill(exact + beyond)
		if b.Size() != limit+beyond {
			t.Fatalf("the request has %d bytes, want %d", b.Size(), limit+beyond)
		}
		if err := e.ExportEncoded(t.Context(), &b); (err != nil) != (beyond > 0) {
			t.Errorf("%d bytes: %v", b.Size(), err)
		}
	}
}

// TestCompressorsAreBounded: 16 workers at a time leave a few compressors, and none
// after Shutdown; no goroutine stays.
func TestCompressorsAreBounded(t *testing.T) {
	client := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		_, _ = io.Copy(io.Discard, r.Body)
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
	})}
	for name, compression := range compressions {
		b, _ := textBatch(t, strings.Repeat("some text ", 200_000))
		goroutines, before := runtime.NumGoroutine(), heap()
		e := newExporter(t, otlp.WithHTTPClient(client), otlp.WithCompression(compression))
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for range 5 {
					if err := e.ExportEncoded(t.Context(), b); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		const perCompressor = 4 << 20
		if grown, most := heap()-before, int64(perCompressor*runtime.GOMAXPROCS(0)); grown > most {
			t.Errorf("%s: the heap has grown by %d bytes, want at most %d", name, grown, most)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if grown := heap() - before; grown > 1<<19 {
			t.Errorf("%s: %d bytes stay after Shutdown", name, grown)
		}
		for range 100 {
			if runtime.NumGoroutine() <= goroutines {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if n := runtime.NumGoroutine(); n > goroutines {
			t.Errorf("%s: %d goroutines stay, there were %d", name, n, goroutines)
		}
		runtime.KeepAlive(b)
	}
}

// heap returns the bytes in use. Pools need two collections to be empty.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
