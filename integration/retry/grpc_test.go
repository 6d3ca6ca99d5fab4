package retry

import (
	"context"
	"testing"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	collogpb "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/krunchwrapper/asynclog/processor"
)

// receiver is an OTLP receiver whose responses a function decides.
type receiver struct {
	collogpb.UnimplementedLogsServiceServer
	answer func(context.Context, *collogpb.ExportLogsServiceRequest) error
}

func (r *receiver) Export(ctx context.Context, req *collogpb.ExportLogsServiceRequest) (*collogpb.ExportLogsServiceResponse, error) {
	if err := r.answer(ctx, req); err != nil {
		return nil, err
	}
	return &collogpb.ExportLogsServiceResponse{}, nil
}

// serve serves the receiver at the address and returns the address. "" is any free
// address.
func serve(t *testing.T, address string, r *receiver, opts ...grpc.ServerOption) (at string, stop func()) {
	t.Helper()
	l := listen(t, address)
	server := grpc.NewServer(opts...)
	collogpb.RegisterLogsServiceServer(server, r)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	stop = func() {
		server.Stop()
		<-done
	}
	t.Cleanup(stop)
	return l.Addr().String(), stop
}

// newGRPC returns an exporter that does not retry by itself, unless an option changes
// that.
func newGRPC(t *testing.T, address string, opts ...otlploggrpc.Option) sdklog.Exporter {
	t.Helper()
	e, err := otlploggrpc.New(t.Context(), append([]otlploggrpc.Option{
		otlploggrpc.WithEndpoint(address), otlploggrpc.WithInsecure(), otlploggrpc.WithRetry(otlploggrpc.RetryConfig{}),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Shutdown(context.Background()) })
	return e
}

// retryAfter returns a status with RetryInfo.
func retryAfter(t *testing.T, code codes.Code, delay time.Duration) error {
	t.Helper()
	s, err := status.New(code, "later").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(delay)})
	if err != nil {
		t.Fatal(err)
	}
	return s.Err()
}

func TestGRPCStatuses(t *testing.T) {
	var answer error
	address, _ := serve(t, "", &receiver{answer: func(context.Context, *collogpb.ExportLogsServiceRequest) error { return answer }})
	plain := newGRPC(t, address)
	retrying := newGRPC(t, address, otlploggrpc.WithTimeout(50*time.Millisecond), otlploggrpc.WithRetry(otlploggrpc.RetryConfig{
		Enabled: true, InitialInterval: time.Millisecond, MaxInterval: time.Millisecond, MaxElapsedTime: 10 * time.Millisecond,
	}))
	for code, want := range map[codes.Code]processor.Class{
		codes.Canceled:           processor.Transient,
		codes.Unknown:            processor.Permanent,
		codes.InvalidArgument:    processor.Poisoned,
		codes.DeadlineExceeded:   processor.Transient,
		codes.NotFound:           processor.Permanent,
		codes.AlreadyExists:      processor.Permanent,
		codes.PermissionDenied:   processor.Permanent,
		codes.ResourceExhausted:  processor.Poisoned,
		codes.FailedPrecondition: processor.Permanent,
		codes.Aborted:            processor.Transient,
		codes.OutOfRange:         processor.Transient,
		codes.Unimplemented:      processor.Permanent,
		codes.Internal:           processor.Poisoned,
		codes.Unavailable:        processor.Transient,
		codes.DataLoss:           processor.Transient,
		codes.Unauthenticated:    processor.Permanent,
	} {
		t.Run(code.String(), func(t *testing.T) {
			answer = status.Error(code, "connection refused, says the receiver")
			wantClass(t, plain, records("a"), want)
			wantClass(t, retrying, records("a"), want)
		})
	}
	t.Run("ResourceExhausted with RetryInfo", func(t *testing.T) {
		answer = retryAfter(t, codes.ResourceExhausted, time.Second)
		wantClass(t, plain, records("a"), processor.Transient)
		wantClass(t, retrying, records("a"), processor.Transient)
	})
}

func TestGRPCConnections(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	silent := &receiver{answer: func(ctx context.Context, _ *collogpb.ExportLogsServiceRequest) error {
		select {
		case <-hang:
		case <-ctx.Done():
		}
		return ctx.Err()
	}}
	t.Run("silent", func(t *testing.T) {
		address, _ := serve(t, "", silent)
		wantClass(t, newGRPC(t, address, otlploggrpc.WithTimeout(100*time.Millisecond)), records("a"), processor.Transient)
	})
	t.Run("cut off", func(t *testing.T) {
		address, stop := serve(t, "", silent)
		time.AfterFunc(100*time.Millisecond, stop)
		wantClass(t, newGRPC(t, address), records("a"), processor.Transient)
	})
	t.Run("refused", func(t *testing.T) {
		address, stop := serve(t, "", silent)
		stop()
		wantClass(t, newGRPC(t, address), records("a"), processor.Transient)
	})
	t.Run("speaks no gRPC", func(t *testing.T) {
		l := listen(t, "")
		defer l.Close()
		go func() {
			for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
				_, _ = conn.Write([]byte("220 hello\r\n"))
				_ = conn.Close()
			}
		}()
		wantClass(t, newGRPC(t, l.Addr().String(), otlploggrpc.WithTimeout(time.Second)), records("a"), processor.Transient)
	})
}

func TestGRPCContents(t *testing.T) {
	address, _ := serve(t, "", &receiver{answer: func(context.Context, *collogpb.ExportLogsServiceRequest) error { return nil }},
		grpc.MaxRecvMsgSize(500))
	e := newGRPC(t, address)
	wantClass(t, e, records("a", notUTF8), processor.Poisoned)
	wantClass(t, e, records(string(make([]byte, 1000))), processor.Poisoned)
	small := newGRPC(t, address, otlploggrpc.WithMaxRequestSize(100))
	wantClass(t, small, records(string(make([]byte, 1000))), processor.Poisoned)
}
