package bridge

import (
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/nosigpipe"
)

// Option configures what this package creates. The comment of each option names the
// functions that it applies to; elsewhere it has no effect. Options are applied in
// order. Where two of them set the same value, the last one wins.
type Option interface {
	apply(config) config
}

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

// config is the result of all options.
type config struct {
	// For [NewHandler] and [Install].
	provider      log.LoggerProvider // nil: the global one
	level         slog.Leveler
	source        bool
	loggerOptions []log.LoggerOption // none is nil

	stdLevel slog.Leveler // for [Install]

	// For [NewPhaseLogger].
	synchronousPhases []string
	synchronousWriter io.Writer // nil: nothing is written
	exportNow         func()    // nil: none

	// For all that deals with correlation.
	correlationKey string // "": CorrelationIDKey
	headers        []string
	baggage        bool
}

func newConfig(opts []Option) config {
	c := config{
		level:             slog.LevelInfo,
		stdLevel:          slog.LevelInfo,
		synchronousPhases: []string{PhaseError, PhaseCompletion},
		synchronousWriter: nosigpipe.Writer(os.Stderr),
	}
	for _, o := range opts {
		if o != nil {
			c = o.apply(c)
		}
	}
	return c
}

// WithLoggerProvider sets the provider whose loggers a handler made by
// [NewHandler] emits to. [Install] takes its provider as an argument and ignores
// this option.
//
// Default, and with nil: the global LoggerProvider, which [Install] directs.
func WithLoggerProvider(p log.LoggerProvider) Option {
	return optionFunc(func(c config) config {
		c.provider = p
		return c
	})
}

// WithLevel sets the lowest level that [NewHandler] and [Install] let through. Every
// call reads it before it does anything else, and many goroutines do so at the same
// time. Give a [*slog.LevelVar] to change the level while the program runs.
//
// Default, and with nil: [slog.LevelInfo], as for slog's own handlers.
func WithLevel(l slog.Leveler) Option {
	return optionFunc(func(c config) config {
		c.level = orInfo(l)
		return c
	})
}

// WithSource makes [NewHandler] and [Install] add the source location of a log
// call, as the attributes code.file.path, code.function.name and code.line.number of
// OpenTelemetry's semantic conventions. Records without a location (a PC of zero) get
// none of them.
//
// Default: false.
func WithSource(source bool) Option {
	return optionFunc(func(c config) config {
		c.source = source
		return c
	})
}

// WithLoggerOptions adds options of the OpenTelemetry loggers that [NewHandler] and
// [Install] create. They describe the instrumentation scope:
//
//   - [log.WithInstrumentationVersion] sets its version.
//   - [log.WithSchemaURL] sets its schema URL, which says which semantic conventions
//     the attributes follow.
//   - [log.WithInstrumentationAttributes] sets its attributes. They describe the
//     logger, once, and are not repeated on its records; use [slog.Logger.With] for
//     those.
//
// Options that are nil are left out.
//
// Default: none.
func WithLoggerOptions(opts ...log.LoggerOption) Option {
	opts = slices.DeleteFunc(slices.Clone(opts), func(o log.LoggerOption) bool { return o == nil })
	return optionFunc(func(c config) config {
		c.loggerOptions = slices.Concat(c.loggerOptions, opts)
		return c
	})
}

// WithStdLogLevel sets the level that [Install] gives to lines of the standard log
// package, which have none. Every line reads it. Lines of log.Fatal and log.Panic
// have levels of their own; see the package documentation. Where slog.SetDefault
// routes the log package to a handler, this option has no effect, and
// [slog.SetLogLoggerLevel] sets the level.
//
// Default, and with nil: [slog.LevelInfo].
func WithStdLogLevel(l slog.Leveler) Option {
	return optionFunc(func(c config) config {
		c.stdLevel = orInfo(l)
		return c
	})
}

func orInfo(l slog.Leveler) slog.Leveler {
	if l == nil {
		return slog.LevelInfo
	}
	return l
}

// WithSynchronousPhases sets the phases that a [PhaseLogger] also writes to the
// writer of [WithSynchronousWriter], and for which it calls the function of
// [WithExportNow]. Names are compared exactly; with no names there are no such
// phases. It applies to [NewPhaseLogger].
//
// Default: [PhaseError] and [PhaseCompletion].
func WithSynchronousPhases(names ...string) Option {
	names = slices.Clone(names)
	return optionFunc(func(c config) config {
		c.synchronousPhases = names
		return c
	})
}

// WithSynchronousWriter sets the writer to which the phases of
// [WithSynchronousPhases] are written, at once and while the caller waits. Each phase
// is one call of Write with one line in the form of [log/slog.TextHandler]: key=value
// pairs, quoted where needed. The keys are time, level, msg, asynclog.phase, then
// trace_id and span_id (named as in OpenTelemetry's "Trace Context in non-OTLP Log
// Formats") if there is a span, those of the data, and correlation.id (or the key of
// [WithCorrelationKey]) if there is an ID. Values other than text, numbers and
// booleans are written as JSON.
//
// One PhaseLogger never calls Write concurrently. Write must not log such a phase
// with the same PhaseLogger, which would wait for itself. An error or a panic of
// Write is counted ([PhaseLogger.WriteFailures]) and reported to otel.Handle, from
// another goroutine and at most every ten seconds. It applies to [NewPhaseLogger].
//
// Default: os.Stderr. With nil nothing is written.
func WithSynchronousWriter(w io.Writer) Option {
	return optionFunc(func(c config) config {
		c.synchronousWriter = w
		return c
	})
}

// WithExportNow sets a function that exports what is waiting for a batch to fill. A
// [PhaseLogger] calls it after it has emitted one of the phases of
// [WithSynchronousPhases]. The function is typically the ExportNow method of the
// asynclog processor. It should not block, and is called by many goroutines at the
// same time. A panic is handled like one of the writer. It applies to
// [NewPhaseLogger].
//
// Default, and with nil: none; the record is exported with its batch.
func WithExportNow(f func()) Option {
	return optionFunc(func(c config) config {
		c.exportNow = f
		return c
	})
}

// WithCorrelationKey sets the key of the attribute that holds the correlation ID,
// and the name of its baggage member. It applies to [NewLogProcessor],
// [NewSpanProcessor], [NewMiddleware], [NewTransport] and [NewPhaseLogger]; give the
// same key to all of them.
//
// Default, and with "": [CorrelationIDKey].
func WithCorrelationKey(key string) Option {
	return optionFunc(func(c config) config {
		c.correlationKey = key
		return c
	})
}

// WithHeaders sets the names of the HTTP headers in which [NewMiddleware] looks for
// an ID, in this order. The first of them is also the header of the middleware's
// response, and the one in which [NewTransport] sends the ID. Names that are not
// valid header names are left out.
//
// Default, and with no names: X-Correlation-ID, then X-Request-ID. No standard
// defines them, but proxies and frameworks use them.
func WithHeaders(names ...string) Option {
	var headers []string
	for _, name := range names {
		if isToken(name) {
			headers = append(headers, http.CanonicalHeaderKey(name))
		}
	}
	return optionFunc(func(c config) config {
		c.headers = headers
		return c
	})
}

// isToken reports whether a name is a field name by RFC 9110, section 5.6.2. The
// HTTP client refuses a request with any other name.
func isToken(name string) bool {
	const marks = "!#$%&'*+-.^_`|~"
	for i := range len(name) {
		c := name[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || slices.Contains([]byte(marks), c)) {
			return false
		}
	}
	return name != ""
}

// WithBaggage makes use of W3C baggage (https://www.w3.org/TR/baggage/). Baggage
// reaches services that do not read the headers, by every protocol that
// OpenTelemetry's propagators support. The ID is the value of the member whose key is
// that of the attribute, [CorrelationIDKey]. That is the convention of
// go.opentelemetry.io/contrib/processors/baggagecopy, so services that use it see the
// same attribute. Baggage is sent along with every instrumented call, to other
// organisations too.
//
//   - [NewLogProcessor], [NewSpanProcessor] and [NewPhaseLogger] use the ID in the
//     context's baggage where the context has no ID of its own.
//   - [NewMiddleware] does the same, then looks in the request's baggage header, if
//     no other header has an ID. It adds the member to the baggage of the request's
//     context.
//   - [NewTransport] adds the member to the baggage of the context with which it
//     calls the base transport. If the request has no baggage header, it sends one
//     with this member alone.
//
// Baggage comes from outside, so an ID in it counts only if [ValidCorrelationID]
// accepts it.
//
// Default: baggage is neither read nor written.
func WithBaggage() Option {
	return optionFunc(func(c config) config {
		c.baggage = true
		return c
	})
}
