package envconfig

import (
	"log/slog"
	"os"
	"time"
)

// Option configures [Load]. Options are applied in order. The last one that sets a value
// wins. An option beats all other sources of its value. A value out of range is an error
// of Load.
type Option interface {
	apply(options) options
}

type optionFunc func(options) options

func (f optionFunc) apply(o options) options { return f(o) }

// options are the values that the options set; nil: not set.
type options struct {
	environment    *Environment
	level          *slog.Level
	async          *bool
	verbose        *bool
	queueSize      *int
	batchSize      *int
	exportInterval *time.Duration
	exportTimeout  *time.Duration

	file   string
	noFile bool

	// Tests replace these.
	lookup   func(key string) (value string, ok bool)
	args     []string    // of the command line, without the program's name; never changed
	handle   func(error) // for unusable variables; nil: otel.Handle, once each
	readFile func(path string) ([]byte, error)
}

func newOptions(opts []Option) options {
	var o options
	if len(os.Args) > 1 { // a program can be started with an empty argument list
		o.args = os.Args[1:]
	}
	for _, opt := range opts {
		if opt != nil {
			o = opt.apply(o)
		}
	}
	if o.lookup == nil {
		o.lookup = os.LookupEnv
	}
	if o.readFile == nil {
		o.readFile = readFile
	}
	return o
}

// WithFile sets the path of the configuration file. A file that is missing or cannot be
// read is an error of Load.
//
// Default, and with "": the environment variable KRUNCHWRAPPER_CONFIG, else
// config/config.jsonc if it exists.
func WithFile(path string) Option {
	return optionFunc(func(o options) options {
		o.file, o.noFile = path, false
		return o
	})
}

// WithoutFile makes Load read no configuration file, even if KRUNCHWRAPPER_CONFIG names
// one or the default file exists.
//
// Default: see [WithFile].
func WithoutFile() Option {
	return optionFunc(func(o options) options {
		o.file, o.noFile = "", true
		return o
	})
}

// WithEnvironment sets the environment.
//
// Default: the environment variable KRUNCHWRAPPER_ENV, else [Development] if DEBUG, the
// argument --debug or the level selects it (see the package documentation), else
// [Production].
func WithEnvironment(e Environment) Option {
	return optionFunc(func(o options) options {
		o.environment = &e
		return o
	})
}

// WithLevel sets the minimum level, from [LevelTrace] to LevelFatal+3. A level of DEBUG
// or below makes the environment [Development], unless [WithEnvironment] or
// KRUNCHWRAPPER_ENV decides otherwise.
//
// Default: the environment variable KRUNCHWRAPPER_LOG_LEVEL, else DEBUG in
// development and INFO in production.
func WithLevel(l slog.Level) Option {
	return optionFunc(func(o options) options {
		o.level = &l
		return o
	})
}

// WithAsync sets whether records are exported in the background.
//
// Default: the environment variable KRUNCHWRAPPER_GLOBAL_ASYNC_LOGGING, else
// logging.async_logging.enabled in the file, else true.
func WithAsync(async bool) Option {
	return optionFunc(func(o options) options {
		o.async = &async
		return o
	})
}

// WithVerbose sets whether phases are logged.
//
// Default: the environment variable KRUNCHWRAPPER_VERBOSE, else
// logging.verbose_logging in the file, else true.
func WithVerbose(verbose bool) Option {
	return optionFunc(func(o options) options {
		o.verbose = &verbose
		return o
	})
}

// WithQueueSize sets the number of records that the queue holds, at least 1.
//
// Default: the environment variables ASYNC_LOG_QUEUE_SIZE and
// OTEL_BLRP_MAX_QUEUE_SIZE, in this order, else logging.async_logging.queue_size
// in the file, else 20,000 in development and 50,000 in production.
func WithQueueSize(n int) Option {
	return optionFunc(func(o options) options {
		o.queueSize = &n
		return o
	})
}

// WithBatchSize sets the largest number of records in one call of an exporter, at least
// 1. A value above the queue size is lowered to the queue size, and a value above 65,536
// to 65,536.
//
// Default: the environment variable OTEL_BLRP_MAX_EXPORT_BATCH_SIZE, else
// logging.async_logging.batch_size in the file, else 512.
func WithBatchSize(n int) Option {
	return optionFunc(func(o options) options {
		o.batchSize = &n
		return o
	})
}

// WithExportInterval sets the longest time that a record waits until its batch is full:
// more than zero.
//
// Default: the environment variable OTEL_BLRP_SCHEDULE_DELAY, in milliseconds,
// else logging.async_logging.worker_timeout in the file, in seconds, else one
// second.
func WithExportInterval(d time.Duration) Option {
	return optionFunc(func(o options) options {
		o.exportInterval = &d
		return o
	})
}

// WithExportTimeout sets the time after which the context of an export ends: more than
// zero.
//
// Default: the environment variable OTEL_BLRP_EXPORT_TIMEOUT, in milliseconds,
// else 30 seconds.
func WithExportTimeout(d time.Duration) Option {
	return optionFunc(func(o options) options {
		o.exportTimeout = &d
		return o
	})
}
