// Command report compares asynclog with other pipelines and writes REPORT.md. With -only
// it writes some sections to standard output.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/command"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/receiver"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/report"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/trial"
)

func main() {
	// A trial or a receiver is this program in a process of its own.
	if ran, err := child(os.Args[1:]); ran {
		command.Exit(err)
	}
	command.Main(run)
}

// child runs a trial or a receiver, if the arguments say that another process of this
// program started this one for that.
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
	brief := flags.Bool("short", false, "measure so briefly that the figures are meaningless: to find errors")
	timeout := flags.Duration("timeout", 15*time.Minute, "end with an error after this time")
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
