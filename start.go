package asynclog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"

	"github.com/krunchwrapper/asynclog/internal/contexts"
)

// Start starts the log pipeline of the process, and directs all logging to it: slog,
// the log package and OpenTelemetry's global LoggerProvider ([bridge.Install]).
// Without options it needs no server and no configuration: it writes to standard
// output, and is tuned by the environment and a file (package envconfig).
//
//	p, err := asynclog.Start(ctx)
//	if err != nil {
//		return err
//	}
//	defer p.Shutdown(ctx)
//
// The pipeline ends with [Pipeline.Shutdown], not with ctx. The context is used during
// the start only, for the detectors of the resource, and Start returns an error when it
// ends. A context that has ended before the call leaves Start one second. If a
// MeterProvider or the installation takes too long, the exporter is shut down, too.
//
// All logging of a process goes to one pipeline. While it runs, another Start returns
// [ErrStarted]. After its Shutdown, Start may be called again. With [WithoutInstall]
// there may be any number of further pipelines.
//
// Start also returns an error for a mistake in the configuration or in an option. The
// error names all mistakes. When Start fails, it leaves everything as it was, and the
// caller still owns the exporter. A mistake in the environment is reported to
// otel.Handle and is not an error, as OpenTelemetry's specification requires.
//
// If the environment variable OTEL_SDK_DISABLED is true, Start returns a Pipeline
// that does nothing. Nothing is installed, read or started, and every method can be
// called. See
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/.
func Start(ctx context.Context, opts ...Option) (*Pipeline, error) {
	ctx = contexts.OrBackground(ctx)
	limit, cancel := startContext(ctx)
	defer cancel()
	var p *Pipeline
	var err error
	var decided atomic.Bool // the start goes on with the exporter, or Start has given up
	claimExporter := func() bool { return decided.CompareAndSwap(false, true) }
	c := inBackground(func() { p, err = start(ctx, opts, claimExporter) })
	if !c.wait(limit) {
		claimExporter()
		go func() { // leaves everything as it was, as soon as that is possible
			<-c.done
			_ = p.Shutdown(context.Background())
		}()
		return nil, fmt.Errorf("asynclog: Start: reading the configuration, detecting the resource "+
			"or replacing the loggers takes too long: %w", limit.Err())
	}
	c.propagate()
	return p, err
}

// startContext returns the context that bounds a Start. One that has ended before the
// call is replaced by a short time.
func startContext(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() == nil {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(context.WithoutCancel(ctx), lateStartTimeout)
}

// lateStartTimeout bounds a Start whose context has ended before.
const lateStartTimeout = time.Second

// errGaveUp ends a start that Start does not wait for any more.
var errGaveUp = errors.New("asynclog: Start has given up")

// start is Start without a bound: it runs code of the caller, and waits for the locks of
// other packages. It gives up before it uses the exporter if claimExporter returns false:
// the exporter is the caller's again then.
func start(ctx context.Context, opts []Option, claimExporter func() bool) (*Pipeline, error) {
	o := newOptions(opts)
	if sdkDisabled() {
		return newDisabled(&o), nil
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	cfg, err := o.configuration()
	if err != nil {
		return nil, err
	}

	p := &Pipeline{}
	if !o.withoutInstall {
		if err := claim(p); err != nil {
			return nil, err
		}
	}
	started := false
	defer func() {
		if !started { // a provider or detector of the caller panicked
			_ = p.Shutdown(ctx)
		}
	}()
	res := o.newResource(ctx)
	if !claimExporter() {
		return nil, errGaveUp
	}
	p.build(res, &o, &cfg)
	if !o.withoutInstall {
		p.install(&o)
	}
	started = true
	return p, nil
}

const sdkDisabledKey = "OTEL_SDK_DISABLED"

// sdkDisabled reports whether OTEL_SDK_DISABLED is true. By OpenTelemetry's rule for
// booleans only the word true is true, in upper or lower case. Blanks around the word,
// which env files easily add, do not count. A value that is neither
// true nor false is reported to otel.Handle.
func sdkDisabled() bool {
	switch v := strings.TrimSpace(os.Getenv(sdkDisabledKey)); {
	case strings.EqualFold(v, "true"):
		return true
	case v != "" && !strings.EqualFold(v, "false"):
		otel.Handle(fmt.Errorf("asynclog: %s=%.100q is ignored: it must be true or false", sdkDisabledKey, v))
	}
	return false
}

// newDisabled returns a pipeline that does nothing. It has a phase logger of its own,
// and so a verbose switch of its own.
func newDisabled(o *options) *Pipeline {
	return &Pipeline{
		provider: noProvider(),
		phases:   newNoPhases(),
		disabled: true,
		unused:   o.exporter,
	}
}
