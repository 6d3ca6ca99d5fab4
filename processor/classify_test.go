package processor

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// answer is an error that tells an HTTP status, as several libraries have it.
type answer struct{ code int }

func (a *answer) Error() string   { return fmt.Sprintf("status %d", a.code) }
func (a *answer) StatusCode() int { return a.code }

// grpcError is an error of gRPC's, as far as it can be seen from outside.
type grpcError struct{ status *grpcStatus }

func (e *grpcError) Error() string           { return "rpc error" }
func (e *grpcError) GRPCStatus() *grpcStatus { return e.status }

type (
	grpcCode   uint32
	grpcStatus struct {
		code    grpcCode
		details []any
	}
	grpcRetryInfo struct{ delay grpcDuration }
	grpcDuration  struct{ d time.Duration }
)

func (s *grpcStatus) Code() grpcCode                 { return s.code }
func (s *grpcStatus) Details() []any                 { return s.details }
func (i *grpcRetryInfo) GetRetryDelay() grpcDuration { return i.delay }
func (d grpcDuration) AsDuration() time.Duration     { return d.d }

func grpc(code grpcCode, details ...any) error {
	return &grpcError{&grpcStatus{code, details}}
}

// retryable returns an error as otlploghttp's, which has a type of this name.
func retryable(throttle time.Duration) error {
	type retryableError struct {
		error
		throttle time.Duration
	}
	return retryableError{errors.New("retry-able request failure: body: 400"), throttle}
}

// inSeconds is the same of an exporter before v0.21.
func inSeconds(throttle int64) error {
	type retryableError struct {
		error
		throttle int64
	}
	return retryableError{errors.New("retry-able request failure"), throttle}
}

// busy is an error that says of itself what it is.
type busy struct{ temporary, timeout bool }

func (busy) Error() string     { return "busy" }
func (b busy) Temporary() bool { return b.temporary }
func (b busy) Timeout() bool   { return b.timeout }

// fromHTTP is how otlploghttp tells of a status that it does not try again.
func fromHTTP(status string) error {
	return fmt.Errorf("failed to send logs to http://127.0.0.1:4318/v1/logs: %s (%w)", status, errors.New("body: connection refused, invalid UTF-8"))
}

func TestClassify(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	for _, tc := range []struct {
		name string
		err  error
		want Class
	}{
		{"nil", nil, Unknown},
		{"anything", errors.New("no"), Unknown},
		{"cancelled by somebody", context.Canceled, Unknown},
		{"a deadline", fmt.Errorf("export: %w", context.DeadlineExceeded), Transient},
		{"refused", &url.Error{Op: "Post", URL: "http://c", Err: refused}, Transient},
		{"a number", fmt.Errorf("write: %w", syscall.EPIPE), Transient},
		{"another number", syscall.EACCES, Unknown},
		{"no such host", &net.DNSError{Err: "no such host", IsNotFound: true}, Transient},
		{"no address", &net.OpError{Op: "dial", Net: "tcp", Err: &net.AddrError{Err: "missing port", Addr: "c"}}, Unknown},
		{"end of file", &url.Error{Op: "Post", URL: "http://c", Err: io.EOF}, Transient},
		{"cut off", io.ErrUnexpectedEOF, Transient},
		{"closed", net.ErrClosed, Transient},
		{"a file's deadline", os.ErrDeadlineExceeded, Transient},
		{"temporary", busy{temporary: true}, Transient},
		{"a timeout", busy{timeout: true}, Transient},
		{"neither", busy{}, Unknown},
		{"a certificate", x509.UnknownAuthorityError{}, Transient},
		{"shut down", fmt.Errorf("x: %w", sdklog.ErrExporterShutdown), Permanent},

		{"503", &answer{503}, Transient},
		{"429", fmt.Errorf("x: %w", &answer{429}), Transient},
		{"400", &answer{400}, Poisoned},
		{"413", &answer{413}, Poisoned},
		{"500", &answer{500}, Poisoned},
		{"401", &answer{401}, Permanent},
		{"418", &answer{418}, Permanent},
		{"400 of the exporter", fromHTTP("400 Bad Request"), Poisoned},
		{"403 of the exporter", errors.Join(nil, fromHTTP("403 Forbidden")), Permanent},

		{"Unavailable", grpc(14), Transient},
		{"Unavailable, at the end of the exporter's retries", fmt.Errorf("%w: %w", errors.New("exporter export timeout"), grpc(14)), Transient},
		{"DeadlineExceeded", grpc(4), Transient},
		{"Unknown", grpc(2), Unknown},
		{"OK", grpc(0), Unknown},
		{"InvalidArgument", grpc(3), Poisoned},
		{"Internal", grpc(13), Poisoned},
		{"Unauthenticated", grpc(16), Permanent},
		{"a code from the future", grpc(99), Permanent},
		{"ResourceExhausted", grpc(8, nil, "x"), Poisoned},
		{"ResourceExhausted with RetryInfo", grpc(8, "x", &grpcRetryInfo{}), Transient},
		{"no status", &grpcError{}, Unknown},

		{"too large for HTTP", errors.New("request body too large: exceeded 67108864 bytes"), Poisoned},
		{"too large for gRPC", errors.New("request message too large: exceeded 67108864 bytes"), Poisoned},
		{"not to be encoded", errors.New("string field contains invalid UTF-8"), Poisoned},
		{"a host that is down", errors.New("connect: host is down"), Transient},
		{"only the text", errors.New("dial tcp 127.0.0.1:4317: connect: connection refused"), Transient},

		{"status before connection", errors.Join(refused, grpc(16)), Permanent},
		{"transient before permanent", errors.Join(&answer{401}, &answer{503}), Transient},
		{"permanent behind transient", errors.Join(&answer{503}, &answer{401}), Transient},
		{"kind before text", errors.Join(errors.New("invalid UTF-8"), refused), Transient},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Classify(tc.err); got != tc.want {
				t.Errorf("%v, want %v", got, tc.want)
			}
		})
	}
}

func TestClassifyHint(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		want time.Duration
	}{
		{"none", grpc(14), 0},
		{"RetryInfo", grpc(14, &grpcRetryInfo{grpcDuration{3 * time.Second}}), 3 * time.Second},
		{"wrapped", fmt.Errorf("x: %w", grpc(8, &grpcRetryInfo{grpcDuration{time.Second}})), time.Second},
		{"of several the longest", errors.Join(retryable(2*time.Second), retryable(time.Second)), 2 * time.Second},
		{"below zero", grpc(14, &grpcRetryInfo{grpcDuration{-time.Second}}), 0},
		{"Retry-After", retryable(7 * time.Second), 7 * time.Second},
		{"Retry-After, of an older exporter", inSeconds(7), 7 * time.Second},
		{"Retry-After, for ever", inSeconds(math.MaxInt64), maxHint},
		{"in a code that is not retried", grpc(3, &grpcRetryInfo{grpcDuration{time.Second}}), 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, got := classify(tc.err); got != tc.want {
				t.Errorf("%v, want %v", got, tc.want)
			}
		})
	}
	// Whatever a receiver asks for.
	o := outcome{err: retryable(time.Hour), failed: true, why: exportFailed}
	if class, hint := (RetryConfig{}).classify(t.Context(), o, nil); class != Transient || hint != maxHint {
		t.Errorf("%v after %v, want %v after %v", class, hint, Transient, maxHint)
	}
}

func TestClassString(t *testing.T) {
	for class, want := range map[Class]string{
		Unknown: "Unknown", Transient: "Transient", Permanent: "Permanent", Poisoned: "Poisoned", 9: "Class(9)",
	} {
		if got := class.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// hostile is an error whose methods do the worst that they can and return.
type hostile struct {
	text    string
	inner   []error
	panics  string // in this method
	unusual any    // what its gRPC status is
}

func (h *hostile) Error() string { h.maybe("Error"); return h.text }

func (h *hostile) Unwrap() []error {
	h.maybe("Unwrap")
	return h.inner
}

func (h *hostile) Is(error) bool {
	h.maybe("Is")
	return false
}

func (h *hostile) Timeout() bool {
	h.maybe("Timeout")
	return false
}

func (h *hostile) GRPCStatus() any {
	h.maybe("GRPCStatus")
	return h.unusual
}

func (h *hostile) maybe(method string) {
	if h.panics == method {
		panic(method)
	}
}

// ring wraps itself.
type ring struct{ next error }

func (*ring) Error() string   { return "round" }
func (r *ring) Unwrap() error { return r.next }

func TestClassifyHostile(t *testing.T) {
	self := &ring{}
	self.next = self
	many := &hostile{}
	many.inner = []error{many, many, nil, many}
	var typed *grpcError
	var wide []error
	for range 1_000_000 {
		wide = append(wide, self)
	}
	for name, err := range map[string]error{
		"wraps itself": self, "wraps itself, many times": many, "a nil pointer": typed,
		"a nil pointer, wrapped": fmt.Errorf("x: %w", typed), "very many": errors.Join(wide...),
		"a status that is a number": &hostile{unusual: 7}, "a status that is nil": &hostile{},
		"panics in Error": &hostile{panics: "Error"}, "panics in Unwrap": &hostile{panics: "Unwrap"},
		"panics in Timeout": &hostile{panics: "Timeout"}, "panics in GRPCStatus": &hostile{panics: "GRPCStatus"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Classify(err); got != Unknown {
				t.Errorf("%v, want %v", got, Unknown)
			}
			if o := judge(context.Background(), err, 3); !o.failed {
				t.Errorf("%+v, want a failure", o)
			}
		})
	}
}

// FuzzClassify builds errors of all shapes, and has them looked at. That must end,
// without a panic, and mean the same twice.
func FuzzClassify(f *testing.F) {
	f.Add("connection refused", []byte{0, 1, 2, 3, 4})
	f.Add("failed to send logs to x: 400 x", []byte{9, 8, 7, 6, 5, 1, 0, 11})
	f.Add("OTLP partial success: x (3 logs rejected)", []byte{10, 10, 1, 12, 13, 14, 2, 200})
	f.Fuzz(func(t *testing.T, text string, shape []byte) {
		if len(shape) > 64 {
			return
		}
		err := shaped(text, shape)
		class := Classify(err)
		if class > Poisoned {
			t.Errorf("%v", class)
		}
		if again := Classify(err); again != class {
			t.Errorf("%v, and then %v", class, again)
		}
		if o := judge(context.Background(), err, 10); o.rejected < 0 || o.rejected > 10 {
			t.Errorf("%+v", o)
		}
	})
}

// shaped returns an error made by a program of one byte an instruction, on a stack.
func shaped(text string, program []byte) error {
	stack := []error{errors.New(text)}
	rings := []*ring{}
	pop := func() error {
		e := stack[len(stack)-1]
		if len(stack) > 1 {
			stack = stack[:len(stack)-1]
		}
		return e
	}
	for _, b := range program {
		switch b % 16 {
		case 0:
			stack = append(stack, errors.New(text))
		case 1:
			stack = append(stack, fmt.Errorf("%s: %w", text, pop()))
		case 2:
			stack = append(stack, errors.Join(pop(), pop()))
		case 3:
			stack = append(stack, grpc(grpcCode(b/16)))
		case 4:
			stack = append(stack, grpc(8, &grpcRetryInfo{grpcDuration{time.Duration(b)}}))
		case 5:
			stack = append(stack, &answer{int(b) * 3})
		case 6:
			stack = append(stack, syscall.Errno(b))
		case 7:
			stack = append(stack, &hostile{text: text, inner: []error{pop(), nil, pop()}})
		case 8:
			stack = append(stack, &hostile{text: text, panics: []string{"Error", "Unwrap", "Timeout", "GRPCStatus", "Is"}[b/16%5]})
		case 9:
			r := &ring{next: pop()}
			rings = append(rings, r)
			stack = append(stack, r)
		case 10:
			if len(rings) > 0 {
				rings[int(b/16)%len(rings)].next = pop()
			}
		case 11:
			stack = append(stack, PartialSuccess{RejectedItems: int64(int8(b))})
		case 12:
			stack = append(stack, busy{b&16 != 0, b&32 != 0})
		case 13:
			stack = append(stack, (*typedNil)(nil))
		case 14:
			stack = append(stack, retryable(time.Duration(b)))
		case 15:
			stack = append(stack, manyErrors(strings2errors(text)))
		}
	}
	return pop()
}

func strings2errors(text string) (out []error) {
	for word := range strings.FieldsSeq(text) {
		out = append(out, errors.New(word))
	}
	return out
}
