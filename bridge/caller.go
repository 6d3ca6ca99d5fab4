package bridge

import (
	"runtime"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// pkgPath is the import path of this package, as it appears in names of functions.
const pkgPath = "github.com/krunchwrapper/asynclog/bridge"

// Functions of this package whose output may come back into it, by their names on
// the stack.
const (
	stdWriteFunc    = pkgPath + ".(*stdWriter).Write"
	errorHandleFunc = pkgPath + ".(*errorHandler).Handle"
)

// callKind is the kind of function that printed a line of the log package.
type callKind uint8

const (
	printing    callKind = iota // log.Print, and all that is none of the following
	fatal                       // log.Fatal, Fatalf, Fatalln, of the package or a Logger
	panicking                   // log.Panic, Panicf, Panicln
	slogDefault                 // slog's first default handler
)

// caller is what the stack says about a line.
type caller struct {
	kind callKind
	own  bool // this package wrote the line, from inside the pipeline
	// source is the location of the call, as attributes; nil if unknown. It is shared
	// and must not be changed.
	source []attribute.KeyValue
}

// How many frames are examined. Each one takes time, and log.Print and its caller are
// among the first few. Lines that come through slog or other writers need more.
const (
	fewFrames  = 4
	manyFrames = 20
)

// findCaller finds the caller of the log package, above the function that calls
// findCaller. The stack is the only source, because the log package gives its writer
// nothing but the line.
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

// callerAmong finds the caller in the frames. It reports false if the caller lies
// beyond them.
func callerAmong(pcs []uintptr) (c caller, ok bool) {
	inLog := false
	for _, pc := range pcs {
		switch f := functionAt(pc); f.owner {
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

// function is what a frame's function means for a line.
type function struct {
	owner  owner
	kind   callKind
	source []attribute.KeyValue // of otherCode only
}

// owner is the package that a function belongs to.
type owner uint8

const (
	otherCode owner = iota
	logCode
	slogCode
	ownCode // one of the functions of this package named above
)

// functions caches the function of every program counter seen so far, as uintptr and
// *function, because the runtime's lookup takes as long as all the rest. The cache has
// at most one entry for each call in the source.
var functions sync.Map

// functionAt returns the function to which pc is a return address. runtime.Callers
// returns such an address for inlined calls too.
func functionAt(pc uintptr) *function {
	if f, ok := functions.Load(pc); ok {
		return f.(*function) //nolint:errcheck // nothing else is stored
	}
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	f := functionNamed(frame.Function)
	if f.owner == otherCode {
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
		return function{owner: ownCode}
	case name == "log/slog.(*defaultHandler).Handle":
		return function{owner: slogCode, kind: slogDefault}
	case strings.HasPrefix(name, "log/slog."):
		return function{owner: slogCode}
	case !strings.HasPrefix(name, "log."):
		return function{}
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, "log."), "(*Logger).")
	switch {
	case strings.HasPrefix(name, "Fatal"):
		return function{owner: logCode, kind: fatal}
	case strings.HasPrefix(name, "Panic"):
		return function{owner: logCode, kind: panicking}
	default:
		return function{owner: logCode}
	}
}
