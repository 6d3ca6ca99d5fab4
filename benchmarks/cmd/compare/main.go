// Command compare measures contenders in turns and writes their figures, with the ratios
// of the first contender to each other one. It makes one measurement of the report, with
// a chosen number of repetitions and duration.
//
//	go run ./cmd/compare -kind calls -level handover -goroutines 8 -impls asynclog,sdk
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/command"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/contender"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/pair"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/trial"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == trial.Command {
		command.Exit(trial.Main(os.Args[2]))
	}
	command.Main(run)
}

// figures are the rows of the output, in this order. A row without a value is left out.
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
	times := flags.Int("times", 5, "how many times each contender is measured")
	kind := flags.String("kind", string(trial.Calls), "what is measured: calls, blocked, deliver, memory")
	level := flags.String("level", string(contender.HandOver), "the call that is measured: handover, logcall, phase")
	load := flags.String("load", string(trial.Window), "deliver: how calls are made: flood, window, paced")
	var s trial.Spec
	flags.IntVar(&s.Goroutines, "goroutines", 1, "how many goroutines make calls")
	flags.IntVar(&s.Queue, "queue", 1<<16, "queue size in `records`")
	flags.DurationVar(&s.Duration, "duration", 600*time.Millisecond, "duration of one measurement")
	flags.DurationVar(&s.Latency, "latency", 0, "duration of a call of the sink")
	flags.IntVar(&s.Rate, "rate", 20_000, "paced: calls a second")
	flags.IntVar(&s.Exporters, "exporters", 1, "deliver: how many exporters")
	flags.StringVar(&s.Target, "target", "", "deliver: `address` of an OTLP receiver")
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
		row, hasValue := []string{f.name}, false
		for _, name := range names {
			of, ratio := runs.Of(name, f.value), runs.Ratio(names[0], name, f.value)
			cell := fmt.Sprintf("%.6g", of.Median)
			if name != names[0] {
				cell += fmt.Sprintf("  %.3f (%.3f–%.3f)", ratio.Median, ratio.Min, ratio.Max)
			}
			row = append(row, cell)
			hasValue = hasValue || of.Median != 0 && !math.IsNaN(of.Median)
		}
		if hasValue {
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
