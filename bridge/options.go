package bridge

import (
	"context"
	"log/slog"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
)

// Option configures what this package makes. Each option says what it applies
// to; elsewhere it has no effect. Options are applied in order; the last one that
// sets a value wins.
type Option interface {
	apply(config) config
}

type optionFunc func(config) config

func (f optionFunc) apply(c config) config { return f(c) }

type config struct {
	// What [NewHandler] and [Install] use.
	provider   log.LoggerProvider // nil: the global one
	level      slog.Leveler
	source     bool
	version    string
	schemaURL  string
	attributes []attribute.KeyValue

	// What [Install] alone uses.
	stdLevel slog.Leveler
	flush    func(context.Context) error // nil: the provider's own, if it has one

	phase phaseConfig
}

func newConfig(opts []Option) config {
	c := config{level: slog.LevelInfo, stdLevel: slog.LevelInfo}
	for _, o := range opts {
		if o != nil {
			c = o.apply(c)
		}
	}
	return c
}

// WithLoggerProvider sets the provider whose loggers a handler made by
// [NewHandler] emits to. [Install] takes its provider as an argument and does not
// look at this option.
//
// Default, and with nil: the global LoggerProvider, which [Install] directs.
func WithLoggerProvider(p log.LoggerProvider) Option {
	return optionFunc(func(c config) config {
		c.provider = p
		return c
	})
}

// WithLevel sets the lowest level that [NewHandler] and [Install] let through. It
// is asked at each call, by many goroutines at once, before anything else is
// done; give a [*slog.LevelVar] to change the level while the program runs.
//
// Default, and with nil: [slog.LevelInfo], as for slog's own handlers.
func WithLevel(l slog.Leveler) Option {
	return optionFunc(func(c config) config {
		c.level = orInfo(l)
		return c
	})
}

// WithSource makes [NewHandler] and [Install] add where a log call stands in the
// source, as the attributes code.file.path, code.function.name and
// code.line.number of OpenTelemetry's semantic conventions. Records that do not
// know their place (a PC of zero) get none of them.
//
// Default: false.
func WithSource(source bool) Option {
	return optionFunc(func(c config) config {
		c.source = source
		return c
	})
}

// WithVersion sets the version of the instrumentation scope for [NewHandler] and
// [Install].
//
// Default: none.
func WithVersion(version string) Option {
	return optionFunc(func(c config) config {
		c.version = version
		return c
	})
}

// WithSchemaURL sets the schema URL of the instrumentation scope for [NewHandler]
// and [Install]: which semantic conventions the attributes follow.
//
// Default: none.
func WithSchemaURL(url string) Option {
	return optionFunc(func(c config) config {
		c.schemaURL = url
		return c
	})
}

// WithAttributes sets the attributes of the instrumentation scope for
// [NewHandler] and [Install]. They describe the logger, once, and are not
// repeated on its records; use [slog.Logger.With] for those.
//
// Default: none.
func WithAttributes(attrs ...attribute.KeyValue) Option {
	attrs = slices.Clone(attrs)
	return optionFunc(func(c config) config {
		c.attributes = attrs
		return c
	})
}

// WithStdLogLevel sets the level that [Install] gives to what is printed with the
// standard log package, which has none. It is asked at each line. Lines of
// log.Fatal and log.Panic have levels of their own; see the package
// documentation. Where slog.SetDefault routes the log package,
// [slog.SetLogLoggerLevel] is what does this; it has no effect here.
//
// Default, and with nil: [slog.LevelInfo].
func WithStdLogLevel(l slog.Leveler) Option {
	return optionFunc(func(c config) config {
		c.stdLevel = orInfo(l)
		return c
	})
}

// WithFlush sets what [Install] calls when log.Fatal is about to end the process
// or log.Panic may be. The context ends after five seconds, or one for a panic;
// nobody waits for the function any longer than that. If it fails, or does not
// return in time, the line is also written to where the log package wrote before.
//
// Default, and with nil: the provider's ForceFlush(context.Context) error, if it
// has one, as the SDK's does. A provider without one is not flushed.
func WithFlush(f func(context.Context) error) Option {
	return optionFunc(func(c config) config {
		c.flush = f
		return c
	})
}

func orInfo(l slog.Leveler) slog.Leveler {
	if l == nil {
		return slog.LevelInfo
	}
	return l
}
