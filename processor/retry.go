package processor

import (
	"context"
	"fmt"
	"time"

	"github.com/krunchwrapper/asynclog/processor/internal/backoff"
	"github.com/krunchwrapper/asynclog/processor/internal/exporterr"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// RetryConfig says what happens to a batch whose export failed. Zero and negative values
// stand for the defaults.
//
// The defaults are those of the OpenTelemetry Collector's exporters (configretry), except
// for the first interval and the longest, which are short because a failed batch waits in
// the program's memory and not in a Collector's.
type RetryConfig struct {
	// Disabled switches retries off: the records of a failed export are lost.
	Disabled bool

	// InitialInterval is how long an exporter pauses after a first failure. The pause
	// grows by half with each further failure, up to MaxInterval. The actual pause is
	// random, between half and one and a half of that.
	//
	// Default: 100 milliseconds. A value above MaxInterval counts as MaxInterval.
	InitialInterval time.Duration

	// MaxInterval is the longest pause. Only a receiver that asks for a longer one, in a
	// Retry-After header or a RetryInfo, gets it: up to 30 seconds.
	//
	// Default: 5 seconds.
	MaxInterval time.Duration

	// MaxElapsedTime is how long, from its first failure on, a batch is retried. The
	// last attempt is made when the time is up.
	//
	// Default: 5 minutes.
	MaxElapsedTime time.Duration

	// MaxUnknownAttempts is how often, in all, a batch is exported that fails with
	// errors of the class [Unknown].
	//
	// Default: 3.
	MaxUnknownAttempts int

	// Classify, if not nil, replaces [Classify], which it may call: it decides what an
	// exporter's error means. It is called on goroutines of its own, concurrently if
	// there are several exporters; if it panics, the class is Unknown. The exporter gets
	// no other batch until it returns, but Shutdown does not wait for it after its
	// context has ended.
	Classify func(error) Class
}

// Class is what the error of an export means for its batch.
type Class uint8

// The classes.
const (
	// Unknown: the error says nothing. The batch is retried a few times
	// ([RetryConfig].MaxUnknownAttempts), and then treated as Poisoned.
	Unknown Class = iota

	// Transient: the receiver may accept the same batch later. It is retried until it
	// is accepted, its time is up ([RetryConfig].MaxElapsedTime), or other records
	// displace its records.
	Transient

	// Permanent: the receiver would refuse the same batch again, whatever it contains,
	// as for lack of permission. It is lost.
	Permanent

	// Poisoned: the receiver refuses the batch because of its content. The batch is not
	// retried as it is, but split into halves, and these into halves, so that only the
	// records at fault are lost; a batch of n records takes at most 2·log2(n)+2 more
	// exports. If these do not suffice, the records that are still together are lost
	// together.
	Poisoned
)

// String returns the class's name.
func (c Class) String() string {
	switch c {
	case Unknown:
		return "Unknown"
	case Transient:
		return "Transient"
	case Permanent:
		return "Permanent"
	case Poisoned:
		return "Poisoned"
	default:
		return fmt.Sprintf("Class(%d)", uint8(c))
	}
}

// Classify returns what the error of an exporter means, by what it is, or wraps:
//
//   - a gRPC status: as OTLP's specification says, Canceled, DeadlineExceeded,
//     Aborted, OutOfRange, Unavailable and DataLoss are Transient, and
//     ResourceExhausted with a RetryInfo; InvalidArgument, Internal (for a message
//     that cannot be encoded) and ResourceExhausted without a RetryInfo (for a message
//     that is too large) are Poisoned; all others, such as UNKNOWN, Unauthenticated and
//     PermissionDenied, are Permanent
//   - an HTTP status: as OTLP's specification says, 429, 502, 503 and 504 are
//     Transient; 400, 413, 422 and 500 are Poisoned; all others, such as 401 and 403,
//     are Permanent. It is found in errors with a method StatusCode or
//     HTTPStatusCode, and in those of otlploghttp
//   - a failed connection (refused, reset, closed, unreachable, timed out, its name
//     not found, its certificate not accepted): Transient
//   - an exceeded deadline, and any error that says that it is a timeout or temporary:
//     Transient
//   - an exporter that was shut down, and any error with a method Permanent() bool that
//     returns true: Permanent
//   - a request that is too large, or cannot be encoded: Poisoned
//
// If an error wraps several, a status takes precedence over a failed connection, and
// then a Transient error over others. All other errors are Unknown.
//
// It is the default of [RetryConfig].Classify.
func Classify(err error) Class {
	class, _ := exporterr.Classify(err)
	return classOf(class)
}

func classOf(c exporterr.Class) Class {
	switch c {
	case exporterr.Transient:
		return Transient
	case exporterr.Permanent:
		return Permanent
	case exporterr.Poisoned:
		return Poisoned
	default:
		return Unknown
	}
}

// The defaults of RetryConfig.
const (
	defaultInitialInterval    = 100 * time.Millisecond
	defaultMaxInterval        = 5 * time.Second
	defaultMaxElapsedTime     = 5 * time.Minute
	defaultMaxUnknownAttempts = 3
)

func (c RetryConfig) withDefaults() RetryConfig {
	orDefault := func(d, otherwise time.Duration) time.Duration {
		if d < 1 {
			return otherwise
		}
		return d
	}
	c.MaxInterval = orDefault(c.MaxInterval, defaultMaxInterval)
	c.InitialInterval = min(orDefault(c.InitialInterval, defaultInitialInterval), c.MaxInterval)
	c.MaxElapsedTime = orDefault(c.MaxElapsedTime, defaultMaxElapsedTime)
	if c.MaxUnknownAttempts < 1 {
		c.MaxUnknownAttempts = defaultMaxUnknownAttempts
	}
	return c
}

func (c RetryConfig) backoff() backoff.Config {
	return backoff.Config{Disabled: c.Disabled, InitialInterval: c.InitialInterval, MaxInterval: c.MaxInterval}
}

// classify returns what the outcome of a failed export means, and how long the receiver
// asks to wait. If the context ends before that is known it returns Unknown. It calls
// report if Classify panics.
func (c RetryConfig) classify(ctx context.Context, o outcome, report func(error)) (class Class, hint time.Duration) {
	switch {
	case o.why == exportPanic:
		return Permanent, 0 // the state of the exporter is unknown
	case o.err == nil:
		return Transient, 0
	}
	class, hint = c.classifyError(ctx, o.err, report)
	if class == Unknown && o.why == exportTimeout {
		class = Transient
	}
	return class, min(hint, exporterr.MaxHint)
}

// classifyError examines the error, and calls Classify, on a goroutine of its own. Both
// are user code, which may end the goroutine (runtime.Goexit) or block; the worker and its
// batch must not be affected.
func (c RetryConfig) classifyError(ctx context.Context, err error, report func(error)) (Class, time.Duration) {
	type result struct {
		class Class
		hint  time.Duration
	}
	results := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if v := recover(); v != nil {
				r.class = Unknown
				report(usercode.PanicError("RetryConfig.Classify", v))
			}
			results <- r
		}()
		class, hint := exporterr.Classify(err)
		r.hint = hint
		if c.Classify != nil {
			r.class = c.Classify(err)
			return
		}
		r.class = classOf(class)
	}()
	select {
	case r := <-results:
		return r.class, r.hint
	case <-ctx.Done():
		return Unknown, 0
	}
}
