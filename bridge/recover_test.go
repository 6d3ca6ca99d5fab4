package bridge_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// nilError is the classic mistake: a nil pointer that has become an error is not nil,
// and its Error panics.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

// hostileError is an error whose Error panics.
type hostileError struct {
	endless bool // with itself, so that printing the panic panics, too
}

func (e hostileError) Error() string {
	if e.endless {
		panic(e)
	}
	panic("at the disco")
}

// panickingType is an error whose ErrorType panics.
type panickingType struct{}

func (panickingType) Error() string     { return "text" }
func (panickingType) ErrorType() string { panic("type") }

// lateNil becomes a list with a nilError when it is logged.
type lateNil struct{}

func (lateNil) LogValue() slog.Value { return slog.AnyValue([]error{(*nilError)(nil)}) }

const (
	nilErrorType = "*bridge_test.nilError"
	messageKey   = "exception.message"
	typeKey      = "exception.type"
)

// TestValuesThatPanic: the panic of a logged value does not reach the caller, and the
// record has all other values.
func TestValuesThatPanic(t *testing.T) {
	typedNil := error((*nilError)(nil))
	isNilError := map[string]any{"k": "v", messageKey: "<nil>", typeKey: nilErrorType}
	for name, c := range map[string]struct {
		log  func(*slog.Logger)
		want map[string]any
	}{
		"nil error":      {func(l *slog.Logger) { l.Info("text", "k", "v", "err", typedNil) }, isNilError},
		"nil error kept": {func(l *slog.Logger) { l.With("err", typedNil).Info("text", "k", "v") }, isNilError},
		"nil error kept, in a group": {
			func(l *slog.Logger) { l.WithGroup("g").With("err", typedNil).Info("text", "k", "v") },
			map[string]any{"g": map[string]any{"k": "v"}, messageKey: "<nil>", typeKey: nilErrorType},
		},
		"in a group": {
			func(l *slog.Logger) { l.Info("text", slog.Group("g", "k", "v", slog.Group("h", "err", typedNil))) },
			map[string]any{"g": map[string]any{"k": "v", "h": map[string]any{"err": "<nil>"}}},
		},
		"in a group kept": {
			func(l *slog.Logger) { l.With(slog.Group("g", "err", typedNil, "k", "v")).Info("text") },
			map[string]any{"g": map[string]any{"err": "<nil>", "k": "v"}},
		},
		"in a group without a name": {
			func(l *slog.Logger) { l.Info("text", slog.Group("", "errs", []error{typedNil}, "k", "v")) },
			map[string]any{"errs": []attribute.Value{{}}, "k": "v"},
		},
		"in a list": {
			func(l *slog.Logger) { l.Info("text", "k", "v", "errs", []error{errors.New("broken"), typedNil}) },
			map[string]any{"k": "v", "errs": []attribute.Value{attribute.StringValue("broken"), {}}},
		},
		"in a list kept": {
			func(l *slog.Logger) { l.With("errs", []error{typedNil}).Info("text", "k", "v") },
			map[string]any{"errs": []attribute.Value{{}}, "k": "v"},
		},
		"late": {
			func(l *slog.Logger) { l.Info("text", "k", "v", "late", lateNil{}) },
			map[string]any{"k": "v", "late": []attribute.Value{{}}},
		},
		"Error panics": {
			func(l *slog.Logger) { l.Info("text", "k", "v", "err", hostileError{}) },
			map[string]any{
				"k": "v", messageKey: "(Error of bridge_test.hostileError panicked: at the disco)",
				typeKey: "github.com/krunchwrapper/asynclog/bridge_test.hostileError",
			},
		},
		"Error never ends to panic": {
			func(l *slog.Logger) { l.Info("text", "k", "v", "errs", []error{hostileError{endless: true}}) },
			map[string]any{"k": "v", "errs": []attribute.Value{attribute.StringValue("(Error of bridge_test.hostileError panicked: (bridge_test.hostileError))")}},
		},
		"ErrorType panics": {
			func(l *slog.Logger) { l.Info("text", "k", "v", "err", panickingType{}) },
			map[string]any{"k": "v", messageKey: "text", typeKey: "bridge_test.panickingType"},
		},
		"nothing panics": {
			func(l *slog.Logger) { l.With("err", errors.New("broken")).Info("text", "k", "v") },
			map[string]any{"k": "v", messageKey: "broken", typeKey: "*errors.errorString"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPipe(t, exportertest.New())
			c.log(slog.New(bridge.NewHandler("test", bridge.WithLoggerProvider(p))))
			r := p.only(t)
			wantAttributes(t, r, c.want)
			if r.Body().AsString() != "text" || r.Severity() != log.SeverityInfo {
				t.Errorf("severity %v, body %v", r.Severity(), r.Body())
			}
		})
	}
}

// TestSourceOfValuesThatPanic: the record keeps its source location.
func TestSourceOfValuesThatPanic(t *testing.T) {
	p := newPipe(t, exportertest.New())
	l := slog.New(bridge.NewHandler("test", bridge.WithLoggerProvider(p), bridge.WithSource(true)))
	l.Info("text", "err", error((*nilError)(nil))) // this line
	r := p.only(t)
	wantSource(t, &r, "recover_test.go", "TestSourceOfValuesThatPanic")
}

// TestErrorsThatPanicInOtherLibraries: zap and logrus set the error of the record, and
// the SDK calls its methods.
func TestErrorsThatPanicInOtherLibraries(t *testing.T) {
	keepState(t)
	p := newPipe(t, exportertest.New())
	defer bridge.Install(p)()
	var r log.Record
	r.SetBody(attribute.StringValue("text"))
	r.SetErr((*nilError)(nil))
	otel.Logger("zap").Emit(t.Context(), r)
	wantAttributes(t, p.only(t), map[string]any{messageKey: "<nil>", typeKey: nilErrorType})
}

// panickingProcessor panics.
type panickingProcessor struct{ sdklog.Processor }

func (panickingProcessor) OnEmit(context.Context, *sdklog.Record) error { panic("processor") }

// TestPanicsOfProcessors: panics of processors go on to the caller, and the processors
// before have the record once.
func TestPanicsOfProcessors(t *testing.T) {
	keepState(t)
	counting := &countingProcessor{}
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(counting), sdklog.WithProcessor(panickingProcessor{counting}))
	defer bridge.Install(provider)()
	var r log.Record
	r.SetErr(errors.New("broken"))
	for name, f := range map[string]func(){
		"slog": func() { slog.Info("text", "err", errors.New("broken"), "k", []int{1}) },
		"otel": func() { otel.Logger("x").Emit(t.Context(), r) },
	} {
		counting.emitted = 0
		func() {
			defer func() {
				if v := recover(); v != "processor" {
					t.Errorf("%s: panic %v", name, v)
				}
			}()
			f()
		}()
		if counting.emitted != 1 {
			t.Errorf("%s: emitted %d times", name, counting.emitted)
		}
	}
}

// countingProcessor counts the records.
type countingProcessor struct{ emitted int }

func (*countingProcessor) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }
func (*countingProcessor) ForceFlush(context.Context) error                       { return nil }
func (*countingProcessor) Shutdown(context.Context) error                         { return nil }

func (p *countingProcessor) OnEmit(context.Context, *sdklog.Record) error {
	p.emitted++
	return nil
}
