// Command report measures asynclog beside others and writes REPORT.md, or, with -only,
// some sections to standard output.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/receiver"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/report"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/trial"
)

func main() {
	// A trial and a receiver are this program, started again.
	if ran, err := child(os.Args[1:]); ran {
		exit(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	exit(err)
}

func exit(err error) {
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child is what the process does if it was started by another of this program.
func child(args []string) (ran bool, err error) {
	switch {
	case len(args) == 2 && args[0] == trial.Command:
		return true, trial.Main(args[1])
	case len(args) == 1 && args[0] == receiver.Command:
		return true, receiver.Main()
	case len(args) == 2 && args[0] == receiver.CollectorCommand:
		return true, receiver.CollectorMain(args[1])
	default:
		return false, nil
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dir := flags.String("dir", ".", "`folder` for REPORT.md and plots")
	only := flags.String("only", "", "write these `sections`, separated by commas, to standard output: "+strings.Join(report.Sections(), ", "))
	brief := flags.Bool("short", false, "measure for so short a time that only errors are found")
	timeout := flags.Duration("timeout", 15*time.Minute, "give up after so long")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()

	cfg := report.Config{Plan: report.Full, Progress: log.New(stderr, "", 0)}
	if *brief {
		cfg.Plan = report.Brief
	}
	if cwd, err := os.Getwd(); err == nil {
		cfg.Collector = receiver.CollectorBinary(cwd)
	}
	if *only != "" {
		cfg.Only = strings.Split(*only, ",")
		return report.Write(ctx, stdout, cfg)
	}
	cfg.Dir = *dir
	var text bytes.Buffer
	err := report.Write(ctx, &text, cfg)
	if err != nil && !errors.Is(err, report.ErrIncomplete) {
		return err
	}
	return errors.Join(err, os.WriteFile(filepath.Join(*dir, "REPORT.md"), text.Bytes(), 0o644)) //nolint:gosec // a report is for everyone
}
