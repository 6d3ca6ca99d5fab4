package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"time"

	"github.com/krunchwrapper/asynclog/processor"
)

// Exit statuses.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// interruptTimeout limits the export of the queued records after an interrupt. Without
// an interrupt the export may take as long as the output needs.
const interruptTimeout = 5 * time.Second

// run is the program. It returns the exit status. When ctx ends, run stops the work and
// shows the summary.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	con := newConsole(stderr)
	opts, err := parseFlags(args)
	if errors.Is(err, flag.ErrHelp) {
		_, _ = io.WriteString(stdout, usage())
		return exitOK
	}
	if err != nil {
		con.printf("%v\nRun \"files -h\" for the usage.", err)
		return exitUsage
	}
	sources, err := findSources(opts.files, stdin)
	if err != nil {
		con.printf("%v", err)
		return exitUsage
	}

	// When the output fails, the work ends.
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
	if logs.Disabled() {
		con.printf("nothing to show: OTEL_SDK_DISABLED is true")
		return exitUsage
	}

	j := &job{
		sources: sources, repeat: opts.repeat, workers: opts.workers,
		phases: logs.PhaseLogger(), monitor: logs.Monitor(), console: con,
	}
	s := summary{started: time.Now(), options: opts, planned: uint64(len(sources)) * uint64(opts.repeat), output: out}
	stop := startProgress(con, j.processed.Load, func() processor.Stats { return logs.Statistics().AsyncLogging })
	s.totals = j.run(work)

	drain, cancel := drainContext(ctx)
	defer cancel()
	s.shutdownErr = logs.Shutdown(drain)
	s.elapsed = time.Since(s.started)
	stop()
	s.writeErr = out.failure()
	s.closeErr = out.close() // a write that Shutdown gave up on fails now
	statistics := logs.Statistics()
	s.stats, s.timings = statistics.AsyncLogging, statistics.PerformanceMonitoring
	s.interrupted = ctx.Err() != nil
	_, _ = con.Write([]byte(s.String()))
	return s.exitStatus()
}

// noTimeout is a timeout that is never reached. Without a deadline in its context,
// Shutdown would use its own.
const noTimeout = 365 * 24 * time.Hour

// drainContext returns a context that ends interruptTimeout after ctx.
func drainContext(ctx context.Context) (context.Context, context.CancelFunc) {
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), noTimeout)
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(interruptTimeout, cancel) })
	return drain, func() {
		stop()
		cancel()
	}
}
