package otlp_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/krunchwrapper/asynclog/otlp"
)

// recordsWanted is the number of records that TestSame compares for each protocol.
func recordsWanted(t *testing.T) int {
	v := os.Getenv("OTLP_RECORDS")
	if v == "" {
		return 4000
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		t.Fatalf("OTLP_RECORDS: %v", err)
	}
	return n
}

// exporters returns OpenTelemetry's exporter and ours for a protocol.
func exporters(tb testing.TB, r *receiver, protocol otlp.Protocol, gzip bool) (theirs, ours sdklog.Exporter) {
	tb.Helper()
	var err, ourErr error
	url, compression := r.httpURL+"/v1/logs", otlp.NoCompression
	if gzip {
		compression = otlp.GzipCompression
	}
	if protocol == otlp.GRPC {
		url = r.grpcURL
		opts := []otlploggrpc.Option{otlploggrpc.WithEndpointURL(url), otlploggrpc.WithRetry(otlploggrpc.RetryConfig{})}
		if gzip {
			opts = append(opts, otlploggrpc.WithCompressor("gzip"))
		}
		theirs, err = otlploggrpc.New(context.Background(), opts...)
	} else {
		opts := []otlploghttp.Option{otlploghttp.WithEndpointURL(url), otlploghttp.WithRetry(otlploghttp.RetryConfig{})}
		if gzip {
			opts = append(opts, otlploghttp.WithCompression(otlploghttp.GzipCompression))
		}
		theirs, err = otlploghttp.New(context.Background(), opts...)
	}
	ours, ourErr = otlp.New(context.Background(), otlp.WithProtocol(protocol), otlp.WithEndpointURL(url),
		otlp.WithCompression(compression), otlp.WithRetry(otlp.RetryConfig{}))
	if err := errors.Join(err, ourErr); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := errors.Join(theirs.Shutdown(context.Background()), ours.Shutdown(context.Background())); err != nil {
			tb.Error(err)
		}
	})
	return theirs, ours
}

// send exports records and returns what arrived.
func send(t *testing.T, r *receiver, e sdklog.Exporter, records []sdklog.Record) *collogpb.ExportLogsServiceRequest {
	t.Helper()
	if err := e.Export(t.Context(), records); err != nil {
		t.Fatalf("%T: %v", e, err)
	}
	return <-r.requests
}

var protocols = map[string]otlp.Protocol{"http": otlp.HTTPProtobuf, "grpc": otlp.GRPC}

// TestSame sends random records through OpenTelemetry's exporter and through ours: the
// receiver decodes the same.
func TestSame(t *testing.T) {
	for name, protocol := range protocols {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t)
			theirs, ours := exporters(t, r, protocol, true)
			wanted := recordsWanted(t)
			for seed := uint64(1); wanted > 0; seed++ {
				g := newGenerator(seed)
				for range 100 {
					n := min(1+g.IntN(100), wanted)
					a, b := g.batch(n)
					want, got := send(t, r, theirs, a), send(t, r, ours, b)
					normalize(want)
					normalize(got)
					if !proto.Equal(want, got) {
						t.Fatalf("seed %d: theirs and ours differ: %s", seed, difference(want, got))
					}
					if wanted -= n; wanted == 0 {
						break
					}
				}
			}
		})
	}
}

// TestSameBatch sends records as a batch of encoded ones, as a processor does.
func TestSameBatch(t *testing.T) {
	for name, protocol := range protocols {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t)
			theirs, ours := exporters(t, r, protocol, false)
			encoded, ok := ours.(otlp.EncodedExporter)
			if !ok {
				t.Fatal("our exporter takes no encoded records")
			}
			resources := map[string]*otlp.Resource{}
			scopes := map[string]*otlp.Scope{}
			g := newGenerator(1)
			var b otlp.Batch
			for range 50 {
				a, records := g.batch(20)
				b.Reset()
				for i := range records {
					rec := &records[i]
					res, scope := otlp.NewResource(rec.Resource()), otlp.NewScope(rec.InstrumentationScope())
					if resources[string(res.Bytes())] == nil {
						resources[string(res.Bytes())] = res
					}
					if scopes[string(scope.Bytes())] == nil {
						scopes[string(scope.Bytes())] = scope
					}
					b.Add(resources[string(res.Bytes())], scopes[string(scope.Bytes())], otlp.AppendRecord(nil, rec), 1)
				}
				if err := encoded.ExportEncoded(t.Context(), &b); err != nil {
					t.Fatal(err)
				}
				got := <-r.requests
				if n := proto.Size(got); n != b.Size() {
					t.Errorf("the request has %d bytes, Batch.Size is %d", n, b.Size())
				}
				want := send(t, r, theirs, a)
				normalize(want)
				normalize(got)
				if !proto.Equal(want, got) {
					t.Fatalf("theirs and ours differ: %s", difference(want, got))
				}
			}
		})
	}
}

// TestInvalidText: theirs refuses the request for a text that is not UTF-8. Ours mends
// it, and its neighbours arrive.
func TestInvalidText(t *testing.T) {
	const bad = "a\xffb"
	for name, protocol := range protocols {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t)
			theirs, ours := exporters(t, r, protocol, false)
			g := newGenerator(1)
			records, _ := g.batch(3)
			records[1].SetBody(attribute.StringValue(bad))
			records[1].SetEventName(bad)
			records[1].SetSeverityText(bad)
			records[1].SetAttributes(attribute.String(bad, bad),
				attribute.Map("m", attribute.StringSlice(bad, []string{bad})))
			if err := theirs.Export(t.Context(), records); err == nil {
				t.Error("OpenTelemetry's exporter has sent it")
				<-r.requests
			}
			got := send(t, r, ours, records)
			texts, n := 0, 0
			for _, rl := range got.ResourceLogs {
				for _, sl := range rl.ScopeLogs {
					for _, rec := range sl.LogRecords {
						n++
						texts += strings.Count(rec.String(), "a\uFFFDb")
					}
				}
			}
			if n != 3 || texts != 7 {
				t.Errorf("%d records and %d mended texts, want 3 and 7", n, texts)
			}
		})
	}
}

// TestReaderAgrees: what the generated code decodes and what our reader reads are the
// same, also of damaged records.
func TestReaderAgrees(t *testing.T) {
	g := newGenerator(7)
	for range 2000 {
		_, records := g.batch(1)
		framed := otlp.AppendRecord(nil, &records[0])
		if g.IntN(2) == 0 {
			framed[g.IntN(len(framed))] ^= 1 << g.IntN(8)
		}
		ours, rest, err := otlp.ReadRecord(framed)
		if err == nil && len(rest) == 0 {
			compareRecord(t, framed, &ours)
		}
	}
}
