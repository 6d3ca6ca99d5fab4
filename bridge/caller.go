package bridge

import (
	"runtime"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// pkgPath is the import path of this package, as names of functions have it.
const pkgPath = "github.com/krunchwrapper/asynclog/bridge"

// kind is what a line of the log package was printed by.
type kind uint8

const (
	printing    kind = iota // log.Print and whatever is not one of the following
	fatal                   // log.Fatal, Fatalf, Fatalln, of the package or a Logger
	panicking               // log.Panic, Panicf, Panicln
	slogDefault             // slog's first default handler
)

// caller is what the stack tells about a line.
type caller struct {
	kind kind
	own  bool // this package wrote the line, from inside the pipeline
	// source is where the call stands, as attributes; nil if unknown. It is shared
	// and must not be changed.
	source []attribute.KeyValue
}

// How many frames are looked at: log.Print and its caller are within the few,
// which is worth it because each one takes time. What goes by way of slog, or of
// other writers, is within the many.
const (
	fewFrames  = 4
	manyFrames = 20
)

// findCaller looks for the caller of the log package, above the function that
// calls it. The log package tells its writer nothing but the line.
func findCaller() caller {
	const skip = 3 // runtime.Callers, findCaller and Write
	var few [fewFrames]uintptr
	n := runtime.Callers(skip, few[:])
	c, ok := callerAmong(few[:n])
	if ok || n < fewFrames {
		return c
	}
	var many [manyFrames]uintptr
	n = runtime.Callers(skip, many[:])
	c, _ = callerAmong(many[:n])
	return c
}

// callerAmong reports false if the caller lies beyond these frames.
func callerAmong(pcs []uintptr) (c caller, ok bool) {
	inLog := false
	for _, pc := range pcs {
		switch f := functionAt(pc); f.of {
		case ownCode:
			return caller{own: true}, true
		case logCode:
			inLog = true
			c.kind = max(c.kind, f.kind)
		case slogCode:
			c.kind = max(c.kind, f.kind)
		default:
			if inLog {
				c.source = f.source
				return c, true
			}
		}
	}
	return c, false
}

// function is what a frame's function means here.
type function struct {
	of     code
	kind   kind
	source []attribute.KeyValue // of otherCode
}

type code uint8

const (
	otherCode code = iota
	logCode
	slogCode
	ownCode // of this package, where what it writes may come back
)

// functions remembers what functions the program counters of calls are in, as
// uintptr and *function, because asking the runtime takes as long as all the rest.
// There are no more of them than calls in the source.
var functions sync.Map

// functionAt returns the function that will be returned to at pc: runtime.Callers
// gives one such pc for each inlined call too.
func functionAt(pc uintptr) *function {
	if f, ok := functions.Load(pc); ok {
		return f.(*function) //nolint:errcheck // nothing else is stored
	}
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	f := functionNamed(frame.Function)
	if f.of == otherCode {
		f.source = []attribute.KeyValue{
			semconv.CodeFilePath(frame.File),
			semconv.CodeFunctionName(frame.Function),
			semconv.CodeLineNumber(frame.Line),
		}
	}
	functions.Store(pc, &f)
	return &f
}

func functionNamed(name string) function {
	switch {
	case name == stdWriteFunc, name == errorHandleFunc:
		return function{of: ownCode}
	case name == "log/slog.(*defaultHandler).Handle":
		return function{of: slogCode, kind: slogDefault}
	case strings.HasPrefix(name, "log/slog."):
		return function{of: slogCode}
	case !strings.HasPrefix(name, "log."):
		return function{}
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, "log."), "(*Logger).")
	switch {
	case strings.HasPrefix(name, "Fatal"):
		return function{of: logCode, kind: fatal}
	case strings.HasPrefix(name, "Panic"):
		return function{of: logCode, kind: panicking}
	default:
		return function{of: logCode}
	}
}
