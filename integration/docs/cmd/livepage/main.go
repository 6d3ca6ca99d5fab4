// Command livepage takes the screenshot of the live page that the README shows. It runs a
// pipeline under load against an OTLP receiver of its own, which refuses everything for a
// while, and has a headless Chromium look at the page:
//
//	apt-get install chromium
//	go run ./cmd/livepage -o ../../docs/images/live-page.png
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	collogspb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/metrics"
	"github.com/krunchwrapper/asynclog/processor"
)

func main() {
	output := flag.String("o", "live-page.png", "the file to write")
	duration := flag.Duration("for", 240*time.Second, "how long the load runs before the screenshot")
	flag.Parse()
	if err := run(*output, *duration); err != nil {
		fmt.Fprintln(os.Stderr, "livepage:", err)
		os.Exit(1)
	}
}

func run(output string, duration time.Duration) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	address, receiver, err := startReceiver()
	if err != nil {
		return err
	}
	exporter, err := otlploggrpc.New(ctx, otlploggrpc.WithEndpoint(address), otlploggrpc.WithInsecure(),
		otlploggrpc.WithRetry(otlploggrpc.RetryConfig{Enabled: false}))
	if err != nil {
		return err
	}
	p, err := asynclog.Start(ctx,
		asynclog.WithExporter(exporter),
		asynclog.WithServiceName("shop"),
		asynclog.WithConfigOptions(envconfig.WithoutFile(), envconfig.WithLevel(slog.LevelDebug), envconfig.WithQueueSize(20_000)),
		asynclog.WithProcessorOptions(processor.WithFallback(io.Discard)),
	)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/debug/asynclog/", p.Handler())
	go func() { _ = http.Serve(listener, mux) }() // ends with the process

	for range 8 {
		go serveRequests(ctx, p.Monitor())
	}
	go receiver.failOnce(duration/2, duration/10)

	picture, err := screenshot(ctx, fmt.Sprintf("http://%s/debug/asynclog/", listener.Addr()), duration)
	if err != nil {
		return err
	}
	cancel()
	stop, cancelStop := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancelStop()
	var lost *processor.ShutdownError
	if err := p.Shutdown(stop); err != nil && !errors.As(err, &lost) {
		return err
	}
	return os.WriteFile(output, picture, 0o644)
}

// receiver is an OTLP receiver that takes some milliseconds for each request.
type receiver struct {
	collogspb.UnimplementedLogsServiceServer
	refuse atomic.Bool
}

func startReceiver() (string, *receiver, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	r := new(receiver)
	server := grpc.NewServer()
	collogspb.RegisterLogsServiceServer(server, r)
	go func() { _ = server.Serve(listener) }() // ends with the process
	return listener.Addr().String(), r, nil
}

// failOnce makes the receiver refuse all requests for a while.
func (r *receiver) failOnce(after, length time.Duration) {
	time.Sleep(after)
	r.refuse.Store(true)
	time.Sleep(length)
	r.refuse.Store(false)
}

func (r *receiver) Export(context.Context, *collogspb.ExportLogsServiceRequest) (*collogspb.ExportLogsServiceResponse, error) {
	if r.refuse.Load() {
		return nil, status.Error(codes.Unavailable, "down for maintenance")
	}
	time.Sleep(time.Duration(10+rand.IntN(50)) * time.Millisecond)
	return &collogspb.ExportLogsServiceResponse{}, nil
}

// serveRequests logs and times what a web shop does, as one of its workers.
func serveRequests(ctx context.Context, monitor *metrics.Monitor) {
	operations := []struct {
		name string
		mean time.Duration
	}{
		{"GET /products/{id}", 6 * time.Millisecond},
		{"POST /cart", 14 * time.Millisecond},
		{"POST /checkout", 60 * time.Millisecond},
		{"db.query", 2 * time.Millisecond},
		{"render", time.Millisecond},
	}
	for ctx.Err() == nil {
		op := operations[min(rand.IntN(9), len(operations)-1)]
		_ = monitor.Time(ctx, op.name, func(ctx context.Context) error {
			for i := range 8 {
				slog.DebugContext(ctx, "step", "operation", op.name, "number", i)
			}
			slog.InfoContext(ctx, "done", "operation", op.name, "status", http.StatusOK)
			time.Sleep(time.Duration(float64(op.mean) * cmp.Or(rand.ExpFloat64(), 1)))
			switch n := rand.IntN(1000); {
			case n < 4:
				slog.ErrorContext(ctx, "failed", "operation", op.name)
				return errors.New("the database did not answer")
			case n < 30:
				slog.WarnContext(ctx, "slow", "operation", op.name)
			}
			return nil
		})
		time.Sleep(time.Duration(rand.IntN(8)) * time.Millisecond)
	}
}
