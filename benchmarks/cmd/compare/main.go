// Command compare measures contenders in turns and writes their figures with the ratios
// of the first to each other: one measurement of the report, as often and as long as one
// likes.
//
//	go run ./cmd/compare -kind calls -level handover -goroutines 8 -impls asynclog,sdk
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/contender"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/pair"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/trial"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == trial.Command {
		exit(trial.Main(os.Args[2]))
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

// figures are what is told, in this order, where a trial has it.
var figures = []struct {
	name  string
	value pair.Value
}{
	{"ns a call", pair.PerCall},
	{"mean ns", pair.Mean},
	{"p50 ns", pair.P50},
	{"p99 ns", pair.P99},
	{"p99.9 ns", pair.P999},
	{"max ns", pair.Max},
	{"lost", pair.Lost},
	{"calls/s", pair.Called},
	{"arrived/s", pair.Arrived},
	{"cpu ns/record", pair.CPU},
	{"allocs/record", pair.Allocs},
	{"heap bytes", pair.Heap},
	{"resident bytes", pair.RSS},
	{"gc cpu ns", pair.GCCPU},
	{"gc pause ns", pair.GCPause},
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	flags.SetOutput(stderr)
	impls := flags.String("impls", contender.Asynclog+","+contender.SDK, "contenders, separated by commas")
	times := flags.Int("times", 5, "how often")
	kind := flags.String("kind", string(trial.Calls), "what is measured: calls, blocked, deliver, memory")
	level := flags.String("level", string(contender.HandOver), "where: handover, logcall, phase")
	load := flags.String("load", string(trial.Window), "of deliver: flood, window, paced")
	var s trial.Spec
	flags.IntVar(&s.Goroutines, "goroutines", 1, "how many make calls")
	flags.IntVar(&s.Queue, "queue", 1<<16, "room in `records`")
	flags.DurationVar(&s.Duration, "duration", 600*time.Millisecond, "of one measurement")
	flags.DurationVar(&s.Latency, "latency", 0, "of a call of the sink")
	flags.IntVar(&s.Rate, "rate", 20_000, "of paced: calls a second")
	flags.IntVar(&s.Exporters, "exporters", 1, "of deliver: how many")
	flags.StringVar(&s.Target, "target", "", "of deliver: `address` of an OTLP receiver")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s.Kind, s.Level = trial.Kind(*kind), contender.Level(*level)
	if s.Kind == trial.Deliver {
		s.Load = trial.Load(*load)
	}

	names := strings.Split(*impls, ",")
	runs, err := pair.Run(ctx, names, *times, s, nil, func(err error) { log.New(stderr, "", 0).Print(err) })
	if err != nil {
		return err
	}
	return write(stdout, names, runs)
}

func write(w io.Writer, names []string, runs pair.Runs) error {
	rows := [][]string{append([]string{""}, names...)}
	for _, f := range figures {
		row, told := []string{f.name}, false
		for _, name := range names {
			of, ratio := runs.Of(name, f.value), runs.Ratio(names[0], name, f.value)
			cell := fmt.Sprintf("%.6g", of.Median)
			if name != names[0] {
				cell += fmt.Sprintf("  %.3f (%.3f–%.3f)", ratio.Median, ratio.Min, ratio.Max)
			}
			row = append(row, cell)
			told = told || of.Median != 0 && !math.IsNaN(of.Median)
		}
		if told {
			rows = append(rows, row)
		}
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		if _, err := io.WriteString(out, strings.Join(row, "\t")+"\n"); err != nil {
			return err
		}
	}
	return out.Flush()
}
