package envconfig

import (
	"errors"
	"fmt"
	"math"

	"go.opentelemetry.io/otel"

	"github.com/krunchwrapper/asynclog/internal/env"
)

// Load returns the configuration. For each value the strongest source that has it
// decides:
//
//	option > environment variable > configuration file > profile of the environment
//
// A value out of range in an option, a file that cannot be read and every mistake in the
// file are errors. Load returns all of them, joined. Each names the allowed values, and
// in the file the line and column. They wrap [ErrInvalid], [ErrUnknownKey],
// [ErrDuplicateKey], [ErrSyntax], or the error of the file system. An environment
// variable whose value is not usable is reported to otel.Handle, on the calling
// goroutine and once for each variable and value in the life of the process, and
// ignored. That error wraps ErrInvalid.
//
// The Config is valid in any case: it leaves invalid values out, so that a program can
// report the error and go on.
//
// Load changes no state, except that it remembers what it reported. It is safe for
// concurrent use.
func Load(opts ...Option) (Config, error) {
	l := &loader{opts: newOptions(opts)}
	o := l.opts
	var c Config
	s := &c.Sources

	// The environment may depend on the level, the default level on the environment.
	level := first(
		option(l, "WithLevel", o.level, checkLevel, allowedLevels),
		variable(l, varLevel, trimmed(parseLevel, allowedLevels)),
	)
	c.Environment = decide(&s.Environment, l.environment(level))
	p := profileOf(c.Environment)
	f := l.file(&c)

	// The precedence, in one place: of each list the first source that has a value decides.
	c.Level = decide(&s.Level,
		level,
		fromProfile(p, p.level),
	)
	c.Async = decide(&s.Async,
		option(l, "WithAsync", o.async, nil, ""),
		variable(l, varAsync, trimmed(parseBool, allowedBool)),
		f.async,
		fromProfile(p, p.async),
	)
	c.Verbose = decide(&s.Verbose,
		option(l, "WithVerbose", o.verbose, nil, ""),
		variable(l, varVerbose, trimmed(parseBool, allowedBool)),
		f.verbose,
		fromProfile(p, p.verbose),
	)
	c.QueueSize = decide(&s.QueueSize,
		option(l, "WithQueueSize", o.queueSize, checkPositive, allowedCount),
		variable(l, varQueueSize, trimmedInt),
		variable(l, env.BLRPMaxQueueSize, env.ParseInt),
		f.queueSize,
		fromProfile(p, p.queueSize),
	)
	c.BatchSize = decide(&s.BatchSize,
		option(l, "WithBatchSize", o.batchSize, checkPositive, allowedCount),
		variable(l, env.BLRPMaxExportBatchSize, env.ParseInt),
		f.batchSize,
		fromProfile(p, p.batchSize),
	)
	c.ExportInterval = decide(&s.ExportInterval,
		option(l, "WithExportInterval", o.exportInterval, checkPositive, allowedDuration),
		variable(l, env.BLRPScheduleDelay, env.ParseMillis),
		f.exportInterval,
		fromProfile(p, p.exportInterval),
	)
	c.ExportTimeout = decide(&s.ExportTimeout,
		option(l, "WithExportTimeout", o.exportTimeout, checkPositive, allowedDuration),
		variable(l, env.BLRPExportTimeout, env.ParseMillis),
		fromProfile(p, p.exportTimeout),
	)

	c.limit()
	return c, errors.Join(l.errs...)
}

// loader is one run of Load.
type loader struct {
	opts options
	errs []error
}

func (l *loader) fail(err error) { l.errs = append(l.errs, err) }

// report reports the unusable value v of the variable key.
func (l *loader) report(key, v string, err error) {
	if l.opts.handle != nil {
		l.opts.handle(err)
		return
	}
	// The processor and other calls of Load read the same variables: one mistake, one report.
	env.ReportOnce(otel.Handle, key, v, err)
}

// The limits of package processor. Load applies them so that the Config has the values
// that are really used.
const (
	maxQueueSize = math.MaxInt / 2
	maxBatchSize = 1 << 16
)

func (c *Config) limit() {
	const largest = "the largest possible value"
	lower(&c.QueueSize, &c.Sources.QueueSize, maxQueueSize, largest)
	if c.QueueSize < maxBatchSize {
		lower(&c.BatchSize, &c.Sources.BatchSize, c.QueueSize, "the queue size")
	} else {
		lower(&c.BatchSize, &c.Sources.BatchSize, maxBatchSize, largest)
	}
}

func lower(value *int, source *Source, limit int, limitName string) {
	if *value > limit {
		source.Adjusted = fmt.Sprintf("%d lowered to %s", *value, limitName)
		*value = limit
	}
}
