package otlp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"google.golang.org/grpc"

	"github.com/krunchwrapper/asynclog/otlp"
)

// BenchmarkExport exports batches of records with five attributes, one way after
// the other in one run, to a receiver in a process of its own that discards them. The
// figure cpu-ns/record is this process's own CPU time.
func BenchmarkExport(b *testing.B) {
	for name, protocol := range protocols {
		url := discardingReceiver(b, protocol)
		r := &receiver{httpURL: url, grpcURL: url}
		for _, setup := range []struct {
			records int
			gzip    bool
		}{{512, false}, {512, true}, {4096, false}, {4096, true}} {
			records, gzip := setup.records, setup.gzip
			theirs, ours := exporters(b, r, protocol, gzip)
			list := benchRecords(records)
			batch := func(arena []byte) (*otlp.Batch, []byte) {
				var batch otlp.Batch
				for i := range list {
					arena = otlp.AppendRecord(arena, &list[i])
				}
				batch.Add(otlp.NewResource(list[0].Resource()), otlp.NewScope(list[0].InstrumentationScope()), arena, records)
				return &batch, arena
			}
			encoded, _ := batch(nil)
			encodedExporter, ok := ours.(otlp.EncodedExporter)
			if !ok {
				b.Fatal("our exporter takes no encoded records")
			}
			for _, way := range []struct {
				name   string
				export func() error
			}{
				{"theirs", func() error { return theirs.Export(context.Background(), list) }},
				{"ours", func() error { return ours.Export(context.Background(), list) }},
				{"ours encoded", func() error { return encodedExporter.ExportEncoded(context.Background(), encoded) }},
			} {
				b.Run(fmt.Sprintf("protocol=%s/records=%d/gzip=%v/%s", name, records, gzip, way.name), func(b *testing.B) {
					if err := way.export(); err != nil { // connects
						b.Fatal(err)
					}
					b.ReportAllocs()
					before := cpuTime()
					for b.Loop() {
						if err := way.export(); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(cpuTime()-before)/float64(b.N*records), "cpu-ns/record")
					b.ReportMetric(float64(b.Elapsed())/float64(b.N*records), "ns/record")
				})
			}
		}
	}
}

// benchRecords returns records with a message and five attributes, whose values
// differ.
func benchRecords(n int) []sdklog.Record {
	s := newSource(nil)
	for i := range n {
		var r log.Record
		r.SetTimestamp(time.Unix(1_700_000_000, int64(i)*12345))
		r.SetSeverity(log.SeverityInfo)
		r.SetSeverityText("INFO")
		r.SetBody(attribute.StringValue("request handled"))
		r.AddAttributes(
			attribute.String("method", "GET"),
			attribute.String("path", fmt.Sprint("/api/items/", i*7919%1000)),
			attribute.Int("status", 200+i%5),
			attribute.Int64("duration", int64(i)*104729%10_000_000),
			attribute.Bool("cached", i%2 == 0),
		)
		s.loggers[1].Emit(context.Background(), r)
	}
	return s.records
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// discardingReceiver starts this program again as a receiver.
func discardingReceiver(b *testing.B, protocol otlp.Protocol) (url string) {
	b.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestDiscardingReceiver$")
	child.Env = append(os.Environ(), fmt.Sprint("OTLP_DISCARD=", protocol))
	stdin, err := child.StdinPipe() // whose end is the child's, too
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := child.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := child.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = stdin.Close()
		_ = child.Wait()
	})
	if _, err := fmt.Fscanln(stdout, &url); err != nil {
		b.Fatal(err)
	}
	return url
}

// TestDiscardingReceiver is the receiver of the benchmark.
func TestDiscardingReceiver(t *testing.T) {
	protocol := os.Getenv("OTLP_DISCARD")
	if protocol == "" {
		t.Skip("run by BenchmarkExport")
	}
	listener := listen(t)
	fmt.Println("http://" + listener.Addr().String())
	if protocol == fmt.Sprint(otlp.GRPC) {
		g := grpc.NewServer(grpc.ForceServerCodecV2(discardCodec{}), grpc.MaxRecvMsgSize(64<<20))
		registerDiscard(g)
		go func() { _ = g.Serve(listener) }()
	} else {
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/x-protobuf")
		})}
		go func() { _ = server.Serve(listener) }()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}
