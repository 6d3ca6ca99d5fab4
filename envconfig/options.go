package envconfig

import (
	"log/slog"
	"os"
	"slices"
	"time"
)

// Option configures [Load]. Options are applied in order; the last one that sets
// a value wins. A value set by an option beats all other sources. One that is out
// of range is an error of Load.
type Option interface {
	apply(options) options
}

type optionFunc func(options) options

func (f optionFunc) apply(o options) options { return f(o) }

// options are what the options say; nil where none says anything.
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

	lookup   func(string) (string, bool)
	args     []string // never changed
	handle   func(error)
	readFile func(string) ([]byte, error)
}

func newOptions(opts []Option) options {
	var o options
	if len(os.Args) > 1 { // a program may be started without even its name
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

// WithFile sets the configuration file to read. A file that is missing or cannot
// be read is an error.
//
// Default, and with "": the environment variable KRUNCHWRAPPER_CONFIG, else
// config/config.jsonc if it exists.
func WithFile(path string) Option {
	return optionFunc(func(o options) options {
		o.file, o.noFile = path, false
		return o
	})
}

// WithoutFile makes Load read no configuration file, wherever one may be.
func WithoutFile() Option {
	return optionFunc(func(o options) options {
		o.file, o.noFile = "", true
		return o
	})
}

// WithEnvironment sets the environment.
//
// Default: the environment variable KRUNCHWRAPPER_ENV, else [Development] if
// something speaks for it (see the package documentation), else [Production].
func WithEnvironment(e Environment) Option {
	return optionFunc(func(o options) options {
		o.environment = &e
		return o
	})
}

// WithLevel sets the minimum level, from [LevelTrace] to LevelFatal+3. A level of
// DEBUG or below makes the environment [Development], where nothing decides that
// outright.
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

// WithQueueSize sets how many records can be queued, at least 1.
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

// WithBatchSize sets how many records an exporter is given at most in one call,
// at least 1. More than the queue size counts as the queue size, and more than
// 65,536 as that.
//
// Default: the environment variable OTEL_BLRP_MAX_EXPORT_BATCH_SIZE, else
// logging.async_logging.batch_size in the file, else 512.
func WithBatchSize(n int) Option {
	return optionFunc(func(o options) options {
		o.batchSize = &n
		return o
	})
}

// WithExportInterval sets how long a record waits, at most, for others to fill a
// batch with: more than zero.
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

// WithExportTimeout sets after which time the context of an export ends: more
// than zero.
//
// Default: the environment variable OTEL_BLRP_EXPORT_TIMEOUT, in milliseconds,
// else 30 seconds.
func WithExportTimeout(d time.Duration) Option {
	return optionFunc(func(o options) options {
		o.exportTimeout = &d
		return o
	})
}

// WithLookup sets how environment variables are looked up. The function reports
// the value, and whether the variable is set.
//
// Default, and with nil: [os.LookupEnv].
func WithLookup(lookup func(key string) (string, bool)) Option {
	return optionFunc(func(o options) options {
		o.lookup = lookup
		return o
	})
}

// WithArgs sets the arguments of the command line that are searched for --debug,
// without the name of the program. WithArgs(nil) is a command line without any.
//
// Default: os.Args[1:].
func WithArgs(args []string) Option {
	args = slices.Clone(args)
	return optionFunc(func(o options) options {
		o.args = args
		return o
	})
}

// WithErrorHandler sets who is told of the value of an environment variable that
// is not usable, on the goroutine that calls [Load], once for each variable and
// value. The error wraps [ErrInvalid].
//
// Default, and with nil: otel.Handle, which is told of each variable and value
// once in the life of the process; a handler set here is told by each Load.
func WithErrorHandler(handle func(error)) Option {
	return optionFunc(func(o options) options {
		o.handle = handle
		return o
	})
}

// WithReadFile sets how the configuration file is read. For a file that does not
// exist the error must wrap [io/fs.ErrNotExist].
//
// Default, and with nil: from the file system, at most 1 MiB.
func WithReadFile(read func(path string) ([]byte, error)) Option {
	return optionFunc(func(o options) options {
		o.readFile = read
		return o
	})
}
