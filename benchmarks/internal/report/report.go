package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/pair"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/receiver"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/trial"
)

// Config is the configuration of a report.
type Config struct {
	Plan Plan
	// Only are the names of the sections to write. Empty: all.
	Only []string
	// Dir is the folder in which the folder plots is made. "": no plots.
	Dir string
	// Collector is the path of a Collector's binary. "": no Collector.
	Collector string
	// Progress gets a line for each measurement that begins.
	Progress *log.Logger
}

// report is a report that is being written.
type report struct {
	Config

	start     time.Time
	runs      map[string]pair.Runs // by measurement, so that sections share them
	failures  []string
	receiver  *receiver.Receiver
	collector *receiver.Receiver // nil: none
}

// section is a part of the report.
type section struct {
	name  string
	title string
	write func(context.Context, *report, *strings.Builder) error
}

var sections = []section{
	{"claims", "Claims of the original system", claims},
	{"bounds", "Required ratios to the SDK", bounds},
	{"handover", "What a hand-over costs", handOver},
	{"calls", "What a log call costs", logCalls},
	{"rate", "Records a second", rates},
	{"cpu", "Processor time a record, on the wire", cpu},
	{"memory", "A full queue of 50,000 records", memory},
	{"latency", "Behind a slow exporter", latencies},
}

// Sections returns the names of the sections.
func Sections() []string {
	var names []string
	for _, s := range sections {
		names = append(names, s.name)
	}
	return names
}

// ErrIncomplete says that trials failed; the report names them.
var ErrIncomplete = errors.New("report: trials failed")

// Write makes the measurements and writes the report. An error other than
// [ErrIncomplete] discards all measurements; with ErrIncomplete the report is complete
// except for the trials that failed.
func Write(ctx context.Context, w io.Writer, cfg Config) error {
	for _, name := range cfg.Only {
		if !slices.Contains(Sections(), name) {
			return fmt.Errorf("report: unknown section %q; the sections are %s", name, strings.Join(Sections(), ", "))
		}
	}
	r := &report{Config: cfg, start: time.Now(), runs: make(map[string]pair.Runs)}
	defer r.stopReceivers()
	machine := newMachine()
	var body strings.Builder
	for _, s := range sections {
		if len(cfg.Only) > 0 && !slices.Contains(cfg.Only, s.name) {
			continue
		}
		fmt.Fprintf(&body, "\n## %s\n\n", s.title)
		if err := s.write(ctx, r, &body); err != nil {
			return err
		}
	}
	var head strings.Builder
	r.writeHead(&head, machine)
	if len(cfg.Only) == 0 {
		writeNotes(&body)
	}
	r.writeFailures(&body)
	if _, err := io.WriteString(w, head.String()+body.String()); err != nil {
		return err
	}
	if len(r.failures) > 0 {
		return ErrIncomplete
	}
	return nil
}

// run measures contenders in turns, or returns the results of an earlier equal
// measurement.
func (r *report) run(ctx context.Context, names []string, times int, spec trial.Spec, vary func(string, *trial.Spec)) (pair.Runs, error) {
	key := fmt.Sprint(names, times, spec)
	if runs, ok := r.runs[key]; ok {
		return runs, nil
	}
	r.Progress.Printf("[%4.0fs] %v: %s", time.Since(r.start).Seconds(), &spec, strings.Join(names, ", "))
	runs, err := pair.Run(ctx, names, times, spec, vary, func(err error) {
		r.Progress.Print(err)
		r.failures = append(r.failures, err.Error())
	})
	if err == nil {
		r.runs[key] = runs
	}
	return runs, err
}

// wire returns the receiver in another process. It starts the receiver at the first call.
func (r *report) wire(ctx context.Context) (*receiver.Receiver, error) {
	if r.receiver == nil {
		started, err := receiver.Start(ctx)
		if err != nil {
			return nil, err
		}
		r.receiver = started
	}
	return r.receiver, nil
}

// realCollector returns the Collector, or nil if there is none. It starts the Collector at
// the first call.
func (r *report) realCollector(ctx context.Context) (*receiver.Receiver, error) {
	if r.collector == nil && r.Collector != "" {
		started, err := receiver.StartCollector(ctx, r.Collector)
		if err != nil {
			return nil, err
		}
		r.collector = started
	}
	return r.collector, nil
}

func (r *report) stopReceivers() {
	for _, started := range []*receiver.Receiver{r.receiver, r.collector} {
		if started != nil {
			started.Stop()
		}
	}
}

func (r *report) writeFailures(w *strings.Builder) {
	if len(r.failures) == 0 {
		return
	}
	fmt.Fprint(w, "\n## Trials that failed\n\nEach of these trials was repeated once.\n\n")
	for _, f := range r.failures {
		fmt.Fprintf(w, "- `%s`\n", f)
	}
}

// plotFile returns the path of a plot and writes a reference to it.
func (r *report) plotFile(w *strings.Builder, name, caption string) string {
	fmt.Fprintf(w, "\n![%s](plots/%s.svg)\n", caption, name)
	return filepath.Join(r.Dir, "plots", name+".svg")
}
