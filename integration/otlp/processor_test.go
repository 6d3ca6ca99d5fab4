package otlp_test

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/krunchwrapper/asynclog/otlp"
	"github.com/krunchwrapper/asynclog/processor"
)

// answerHTTP starts a server that gives one answer to all requests, and returns an
// exporter for it.
func answerHTTP(t *testing.T, code int, header http.Header, body proto.Message) *otlp.Exporter {
	t.Helper()
	b, err := proto.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-protobuf")
		maps.Copy(w.Header(), header)
		w.WriteHeader(code)
		_, _ = w.Write(b)
	}))
	t.Cleanup(server.Close)
	return newExporter(t, otlp.WithEndpointURL(server.URL))
}

func newExporter(t *testing.T, opts ...otlp.Option) *otlp.Exporter {
	t.Helper()
	e, err := otlp.New(t.Context(), append(opts, otlp.WithRetry(otlp.RetryConfig{}))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Shutdown(context.Background()) })
	return e
}

// answerGRPC is the same over gRPC.
func answerGRPC(t *testing.T, answer *collogpb.ExportLogsServiceResponse, err error) *otlp.Exporter {
	t.Helper()
	r := newReceiver(t)
	r.answer, r.err = answer, err
	return newExporter(t, otlp.WithProtocol(otlp.GRPC), otlp.WithEndpointURL(r.grpcURL))
}

// TestProcessorKnowsErrors: the processor's classification of our errors is that of the
// specification, and of what is wrong with a batch.
func TestProcessorKnowsErrors(t *testing.T) {
	g := newGenerator(1)
	records, _ := g.batch(1)
	check := func(name string, e *otlp.Exporter, want processor.Class) {
		t.Helper()
		err := e.Export(t.Context(), records)
		if got := processor.Classify(err); err == nil || got != want {
			t.Errorf("%s: %v is %v, want %v", name, err, got, want)
		}
	}
	for code, want := range map[int]processor.Class{
		400: processor.Poisoned, 401: processor.Permanent, 404: processor.Permanent, 413: processor.Poisoned,
		429: processor.Transient, 500: processor.Poisoned, 502: processor.Transient, 503: processor.Transient, 504: processor.Transient,
	} {
		check(http.StatusText(code), answerHTTP(t, code, nil, nil), want)
	}
	exhausted, err := status.New(codes.ResourceExhausted, "slow").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	check("RetryInfo", answerGRPC(t, nil, exhausted.Err()), processor.Transient)
	for code, want := range map[codes.Code]processor.Class{
		codes.Canceled: processor.Transient, codes.Unknown: processor.Permanent, codes.InvalidArgument: processor.Poisoned,
		codes.DeadlineExceeded: processor.Transient, codes.PermissionDenied: processor.Permanent,
		codes.ResourceExhausted: processor.Poisoned, codes.Aborted: processor.Transient, codes.OutOfRange: processor.Transient,
		codes.Unimplemented: processor.Permanent, codes.Internal: processor.Poisoned, codes.Unavailable: processor.Transient,
		codes.DataLoss: processor.Transient, codes.Unauthenticated: processor.Permanent,
	} {
		check(code.String(), answerGRPC(t, nil, status.Error(code, "no")), want)
	}
	check("nobody listens", newExporter(t, otlp.WithEndpointURL("http://127.0.0.1:1")), processor.Transient)
}

// TestMessageTooLarge: for the receiver, whose limit is 4 MiB. It is the batch's fault,
// and not to be tried again as it is.
func TestMessageTooLarge(t *testing.T) {
	listener := listen(t)
	server := grpc.NewServer()
	collogpb.RegisterLogsServiceServer(server, &receiver{})
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	g := newGenerator(1)
	records, _ := g.batch(1)
	records[0].SetBody(attribute.StringValue(strings.Repeat("x", 5<<20)))
	e := newExporter(t, otlp.WithProtocol(otlp.GRPC), otlp.WithEndpointURL("http://"+listener.Addr().String()))
	err := e.Export(t.Context(), records)
	if got := processor.Classify(err); got != processor.Poisoned {
		t.Errorf("%v is %v, want %v", err, got, processor.Poisoned)
	}
}

// TestZstdUnknown: grpc-go's server does not know zstd by itself. The record arrives
// all the same.
func TestZstdUnknown(t *testing.T) {
	reports := make(chan error, 10)
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { reports <- err }))
	r := newReceiver(t)
	e := newExporter(t, otlp.WithProtocol(otlp.GRPC), otlp.WithEndpointURL(r.grpcURL), otlp.WithCompression(otlp.ZstdCompression))
	g := newGenerator(1)
	for range 3 {
		records, _ := g.batch(1)
		send(t, r, e, records)
	}
	if err := <-reports; !strings.Contains(err.Error(), "zstd") || len(reports) > 0 {
		t.Errorf("reported %v, and %d more", err, len(reports))
	}
}

// TestProcessorKnowsPartialSuccess: it counts as many records as the receiver has
// rejected, over both protocols.
func TestProcessorKnowsPartialSuccess(t *testing.T) {
	answer := &collogpb.ExportLogsServiceResponse{PartialSuccess: &collogpb.ExportLogsPartialSuccess{
		RejectedLogRecords: 2, ErrorMessage: "too old",
	}}
	for name, e := range map[string]*otlp.Exporter{
		"http": answerHTTP(t, http.StatusOK, nil, answer),
		"grpc": answerGRPC(t, answer, nil),
	} {
		p := processor.New(e, processor.WithFallback(nil))
		logger := sdklog.NewLoggerProvider(sdklog.WithProcessor(p)).Logger("test")
		for range 5 {
			logger.Emit(t.Context(), log.Record{})
		}
		_ = p.ForceFlush(t.Context()) // returns the partial success
		if stats := p.Stats(); stats.Exported != 3 || len(stats.Dropped) != 1 ||
			stats.Dropped[0].Reason != processor.ReasonRejected || stats.Dropped[0].Count != 2 {
			t.Errorf("%s: %d exported and %v dropped, want 3 and 2 rejected", name, stats.Exported, stats.Dropped)
		}
		if err := p.Shutdown(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
