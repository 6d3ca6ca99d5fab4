package envconfig

import (
	"errors"
	"fmt"
	"math"

	"go.opentelemetry.io/otel"

	"github.com/krunchwrapper/asynclog/internal/env"
)

// Load returns the configuration. For each value the strongest source that says
// something decides:
//
//	option > environment variable > configuration file > profile of the environment
//
// A value that is out of range in an option, a file that cannot be read and all
// that is wrong in it are errors; Load returns all of them, joined, each with what
// is allowed, and for the file with line and column. They wrap [ErrInvalid],
// [ErrUnknownKey], [ErrDuplicateKey], [ErrSyntax], or the error of the file system. The
// value of an environment variable that is not usable is reported (see
// [WithErrorHandler]) and ignored.
//
// The Config is valid in any case: what is in error is left out of it, so that a
// program can complain and go on.
//
// Load changes no state, but that it remembers what it reported. It is safe for
// concurrent use.
func Load(opts ...Option) (Config, error) {
	l := &loader{opts: newOptions(opts)}
	o := l.opts
	var c Config
	s := &c.Sources

	// The environment may depend on the level, the default level on the environment.
	level := first(
		option(l, "WithLevel", o.level, checkLevel, allowedLevels),
		variable(l, varLevel, own(parseLevel, allowedLevels)),
	)
	c.Environment = decide(&s.Environment, l.environment(level))
	p := profileOf(c.Environment)
	f := l.file(&c)

	// The precedence, in one place: of each list the first that says something.
	c.Level = decide(&s.Level,
		level,
		fromProfile(p, p.level),
	)
	c.Async = decide(&s.Async,
		option(l, "WithAsync", o.async, nil, ""),
		variable(l, varAsync, own(parseBool, allowedBool)),
		f.async,
		fromProfile(p, p.async),
	)
	c.Verbose = decide(&s.Verbose,
		option(l, "WithVerbose", o.verbose, nil, ""),
		variable(l, varVerbose, own(parseBool, allowedBool)),
		f.verbose,
		fromProfile(p, p.verbose),
	)
	c.QueueSize = decide(&s.QueueSize,
		option(l, "WithQueueSize", o.queueSize, checkPositive, allowedCount),
		variable(l, varQueueSize, ownInt),
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

// report tells of the unusable value v of the variable key.
func (l *loader) report(key, v string, err error) {
	if l.opts.handle != nil {
		l.opts.handle(err)
		return
	}
	// The processor and further Loads read the same variables: one mistake, one report.
	env.ReportOnce(otel.Handle, key, v, err)
}

// The limits of package processor, brought into effect here so that the Config
// shows what is really used.
const (
	maxQueueSize = math.MaxInt / 2
	maxBatchSize = 1 << 16
)

func (c *Config) limit() {
	const most = "the most there can be"
	lower(&c.QueueSize, &c.Sources.QueueSize, maxQueueSize, most)
	if c.QueueSize < maxBatchSize {
		lower(&c.BatchSize, &c.Sources.BatchSize, c.QueueSize, "the queue size")
	} else {
		lower(&c.BatchSize, &c.Sources.BatchSize, maxBatchSize, most)
	}
}

func lower(value *int, source *Source, limit int, what string) {
	if *value > limit {
		source.Adjusted = fmt.Sprintf("%d lowered to %s", *value, what)
		*value = limit
	}
}
