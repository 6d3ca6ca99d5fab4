package processor

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor/internal/errortest"
	"github.com/krunchwrapper/asynclog/processor/internal/exporterr"
)

// busy is an error with the methods Temporary and Timeout.
type busy struct{ temporary, timeout bool }

func (busy) Error() string     { return "busy" }
func (b busy) Temporary() bool { return b.temporary }
func (b busy) Timeout() bool   { return b.timeout }

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

		{"503", &errortest.HTTP{Code: 503}, Transient},
		{"429", fmt.Errorf("x: %w", &errortest.HTTP{Code: 429}), Transient},
		{"400", &errortest.HTTP{Code: 400}, Poisoned},
		{"413", &errortest.HTTP{Code: 413}, Poisoned},
		{"500", &errortest.HTTP{Code: 500}, Poisoned},
		{"401", &errortest.HTTP{Code: 401}, Permanent},
		{"418", &errortest.HTTP{Code: 418}, Permanent},
		{"400 of the exporter", errortest.OTLPHTTP("400 Bad Request"), Poisoned},
		{"403 of the exporter", errors.Join(nil, errortest.OTLPHTTP("403 Forbidden")), Permanent},

		{"Unavailable", errortest.GRPC(14), Transient},
		{"Unavailable, at the end of the exporter's retries", fmt.Errorf("%w: %w", errors.New("exporter export timeout"), errortest.GRPC(14)), Transient},
		{"DeadlineExceeded", errortest.GRPC(4), Transient},
		{"UNKNOWN", errortest.GRPC(2), Permanent},
		{"OK", errortest.GRPC(0), Unknown},
		{"InvalidArgument", errortest.GRPC(3), Poisoned},
		{"Internal", errortest.GRPC(13), Poisoned},
		{"Unauthenticated", errortest.GRPC(16), Permanent},
		{"a code from the future", errortest.GRPC(99), Permanent},
		{"ResourceExhausted", errortest.GRPC(8, nil, "x"), Poisoned},
		{"ResourceExhausted with RetryInfo", errortest.GRPC(8, "x", &errortest.RetryInfo{}), Transient},
		{"no status", &errortest.GRPCError{}, Unknown},

		{"too large for HTTP", errors.New("request body too large: exceeded 67108864 bytes"), Poisoned},
		{"too large for gRPC", errors.New("request message too large: exceeded 67108864 bytes"), Poisoned},
		{"not to be encoded", errors.New("string field contains invalid UTF-8"), Poisoned},
		{"a host that is down", errors.New("connect: host is down"), Transient},
		{"only the text", errors.New("dial tcp 127.0.0.1:4317: connect: connection refused"), Transient},

		{"status before connection", errors.Join(refused, errortest.GRPC(16)), Permanent},
		{"transient before permanent", errors.Join(&errortest.HTTP{Code: 401}, &errortest.HTTP{Code: 503}), Transient},
		{"permanent behind transient", errors.Join(&errortest.HTTP{Code: 503}, &errortest.HTTP{Code: 401}), Transient},
		{"kind before text", errors.Join(errors.New("invalid UTF-8"), refused), Transient},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Classify(tc.err); got != tc.want {
				t.Errorf("%v, want %v", got, tc.want)
			}
		})
	}
}

// However long a receiver asks to wait, the pause is limited.
func TestHintIsLimited(t *testing.T) {
	o := outcome{err: errortest.Retryable(time.Hour), failed: true, why: exportFailed}
	if class, hint := (RetryConfig{}).classify(t.Context(), o, nil); class != Transient || hint != exporterr.MaxHint {
		t.Errorf("%v after %v, want %v after %v", class, hint, Transient, exporterr.MaxHint)
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

// hostile is an error whose methods misbehave or return.
type hostile struct {
	text    string
	inner   []error
	panics  string // the name of the method that panics
	unusual any    // its gRPC status
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

func TestClassifyHostile(t *testing.T) {
	self := errortest.NewRing()
	many := &hostile{}
	many.inner = []error{many, many, nil, many}
	var typed *errortest.GRPCError
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
			if o := newOutcome(context.Background(), err, 3); !o.failed {
				t.Errorf("%+v, want a failure", o)
			}
		})
	}
}

// FuzzClassify builds errors of all shapes, and classifies them. That must end, without a
// panic, and give the same class twice.
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
		if o := newOutcome(context.Background(), err, 10); o.rejected < 0 || o.rejected > 10 {
			t.Errorf("%+v", o)
		}
	})
}

// shaped returns an error made by a program of one byte an instruction, on a stack.
func shaped(text string, program []byte) error {
	stack := []error{errors.New(text)}
	rings := []*errortest.Ring{}
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
			stack = append(stack, errortest.GRPC(errortest.GRPCCode(b/16)))
		case 4:
			stack = append(stack, errortest.GRPC(8, &errortest.RetryInfo{Delay: time.Duration(b)}))
		case 5:
			stack = append(stack, &errortest.HTTP{Code: int(b) * 3})
		case 6:
			stack = append(stack, syscall.Errno(b))
		case 7:
			stack = append(stack, &hostile{text: text, inner: []error{pop(), nil, pop()}})
		case 8:
			stack = append(stack, &hostile{text: text, panics: []string{"Error", "Unwrap", "Timeout", "GRPCStatus", "Is"}[b/16%5]})
		case 9:
			r := &errortest.Ring{Next: pop()}
			rings = append(rings, r)
			stack = append(stack, r)
		case 10:
			if len(rings) > 0 {
				rings[int(b/16)%len(rings)].Next = pop()
			}
		case 11:
			stack = append(stack, errortest.PartialSuccess{RejectedItems: int64(int8(b))})
		case 12:
			stack = append(stack, busy{b&16 != 0, b&32 != 0})
		case 13:
			stack = append(stack, (*errortest.TypedNil)(nil))
		case 14:
			stack = append(stack, errortest.Retryable(time.Duration(b)))
		case 15:
			stack = append(stack, errortest.Many(strings2errors(text)))
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
