package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"time"

	"github.com/krunchwrapper/asynclog/metrics"
)

// Exit statuses.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// drainTime is how long the export of what is queued may take after an
// interrupt. Without one it may take as long as the output needs.
const drainTime = 5 * time.Second

// run is the program. When ctx ends it stops the work and shows the summary.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	con := newConsole(stderr)
	opts, err := parseFlags(args)
	if errors.Is(err, flag.ErrHelp) {
		_, _ = io.WriteString(stdout, usage())
		return exitOK
	}
	if err != nil {
		con.printf("%v\nFor what is allowed: quickstart -h", err)
		return exitUsage
	}
	sources, err := findSources(opts.files, stdin)
	if err != nil {
		con.printf("%v", err)
		return exitUsage
	}

	// Without an output there is nothing left to work for.
	work, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	out, err := openOutput(opts.out, stdout, sources, abort)
	if err != nil {
		con.printf("%v", err)
		return exitFailed
	}
	logs, err := startLogging(ctx, &opts, out, con)
	if err != nil {
		con.printf("%v", errors.Join(err, out.close()))
		return exitFailed
	}

	monitor, err := metrics.NewMonitor()
	if err != nil {
		con.printf("the phases are not timed: %v", err)
	}
	j := &job{
		sources: sources, repeat: opts.repeat, workers: opts.workers,
		phases: logs.phases, monitor: monitor, console: con,
	}
	s := summary{started: time.Now(), options: opts, planned: uint64(len(sources)) * uint64(opts.repeat), output: out}
	stop := startProgress(con, j.processed.Load, logs.processor.Stats)
	s.tally = j.run(work)

	drain, cancel := drainContext(ctx)
	defer cancel()
	logs.restore()
	s.shutdownErr = logs.provider.Shutdown(drain)
	s.elapsed = time.Since(s.started)
	stop()
	s.writeErr = out.failure()
	s.closeErr = out.close() // a write that Shutdown gave up on fails now
	s.stats = logs.processor.Stats()
	s.timings = monitor.Stats()
	s.interrupted = ctx.Err() != nil
	_, _ = con.Write([]byte(s.String()))
	return s.exitStatus()
}

// drainContext returns a context that ends drainTime after ctx.
func drainContext(ctx context.Context) (context.Context, context.CancelFunc) {
	drain, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(drainTime, cancel) })
	return drain, func() {
		stop()
		cancel()
	}
}
