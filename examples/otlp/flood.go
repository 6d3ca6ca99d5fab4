package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"os"
	"sync"
	"time"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/processor"
)

// flushTimeout limits the export of the last records of a flood.
const flushTimeout = 5 * time.Minute

// flood logs as fast as possible. With an overflow policy that waits it measures the rate.
// With one that drops it shows what happens to records that find the queue full.
type flood struct {
	records    int
	bursts     int
	every      time.Duration // between bursts
	errors     int           // one record in this many is an ERROR; 0: none
	goroutines int
	exporters  int
	overflow   processor.Overflow
}

// floodResult is the result that flood prints. The figures cover the time from the first
// log call to the last export.
type floodResult struct {
	Emitted   uint64  `json:"emitted"`
	Exported  uint64  `json:"exported"`
	Fallback  uint64  `json:"fallback"`
	Dropped   uint64  `json:"dropped"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"exported_per_second"`
}

// runFlood runs the command flood.
func runFlood(ctx context.Context, c console, args []string) error {
	f := flood{overflow: processor.Block(flushTimeout)}
	fs := flag.NewFlagSet("flood", flag.ContinueOnError)
	fs.IntVar(&f.records, "records", 1_000_000, "number of records to log")
	fs.IntVar(&f.bursts, "bursts", 1, "number of bursts")
	fs.DurationVar(&f.every, "every", time.Second, "pause between bursts")
	fs.IntVar(&f.errors, "errors", 0, "one record in this many has severity ERROR; 0: none")
	fs.IntVar(&f.goroutines, "goroutines", 4, "number of goroutines that log")
	fs.IntVar(&f.exporters, "exporters", 1, "number of exporters that share the work")
	fs.Func("overflow", "what to do when the queue is full: block (default), drop-newest, drop-oldest or drop-lowest", f.setOverflow)
	if err := parse(fs, c, args); err != nil {
		return err
	}
	switch {
	case f.records < 1 || f.bursts < 1 || f.goroutines < 1 || f.exporters < 1:
		return usageError(fs, c, "-records, -bursts, -goroutines and -exporters must be greater than 0")
	case f.errors < 0 || f.every < 0:
		return usageError(fs, c, "-errors and -every must not be negative")
	}
	return f.run(ctx, c)
}

// setOverflow parses the value of -overflow.
func (f *flood) setOverflow(name string) error {
	switch name {
	case "block":
		f.overflow = processor.Block(flushTimeout)
	case "drop-newest":
		f.overflow = processor.DropNewest
	case "drop-oldest":
		f.overflow = processor.DropOldest
	case "drop-lowest":
		f.overflow = processor.DropLowest
	default:
		return errors.New("must be one of block, drop-newest, drop-oldest, drop-lowest")
	}
	return nil
}

// run starts the pipeline, logs all records and prints the result.
func (f *flood) run(ctx context.Context, c console) error {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	t, err := newTelemetry(ctx, "flood", host)
	if err != nil {
		return err
	}
	more, err := f.moreExporters(ctx)
	if err != nil {
		return err
	}
	var p *asynclog.Pipeline
	var took time.Duration
	err = asynclog.Run(ctx, func(ctx context.Context) error {
		p = asynclog.FromContext(ctx)
		began := time.Now()
		f.log(ctx)
		flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
		defer cancel()
		err := p.ForceFlush(flush)
		took = time.Since(began)
		return err
	}, append(t.options(), asynclog.WithProcessorOptions(
		processor.WithOverflow(f.overflow),
		processor.WithExporters(more...),
	))...)
	err = errors.Join(err, t.shutdown())
	if p == nil {
		return err
	}
	s := p.Statistics()
	err = errors.Join(err, c.ledger("flood", s))
	return errors.Join(err, json.NewEncoder(c.out).Encode(floodResult{
		Emitted:   s.AsyncLogging.Emitted,
		Exported:  s.AsyncLogging.Exported,
		Fallback:  s.AsyncLogging.Fallback,
		Dropped:   s.AsyncLogging.DroppedTotal(),
		Seconds:   took.Seconds(),
		PerSecond: float64(s.AsyncLogging.Exported) / took.Seconds(),
	}))
}

// moreExporters creates all exporters but the first. An exporter is never called
// concurrently, so several of them share the encoding and the waiting.
func (f *flood) moreExporters(ctx context.Context) ([]sdklog.Exporter, error) {
	more := make([]sdklog.Exporter, f.exporters-1)
	for i := range more {
		var err error
		if more[i], err = autoexport.NewLogExporter(ctx); err != nil {
			return nil, exporterError("OTEL_LOGS_EXPORTER", err)
		}
	}
	return more, nil
}

// log logs all records, in bursts, until the context ends.
func (f *flood) log(ctx context.Context) {
	for burst := range f.bursts {
		if burst > 0 {
			select {
			case <-time.After(f.every):
			case <-ctx.Done():
				return
			}
		}
		f.burst(ctx, share(f.records, f.bursts, burst))
	}
}

// burst logs the records of one burst from all goroutines.
func (f *flood) burst(ctx context.Context, records int) {
	var wg sync.WaitGroup
	for g := range f.goroutines {
		n := share(records, f.goroutines, g)
		wg.Go(func() {
			for i := range n {
				if i%1024 == 0 && ctx.Err() != nil {
					return
				}
				level := slog.LevelInfo
				if f.errors > 0 && i%f.errors == f.errors-1 {
					level = slog.LevelError
				}
				slog.Log(ctx, level, "a record of the flood, as long as many are",
					"goroutine", g, "number", i, "operation", "flood.log", "cached", i%2 == 0)
			}
		})
	}
	wg.Wait()
}

// share returns the size of the i-th part when n is divided into parts.
func share(n, parts, i int) int {
	size := n / parts
	if i < n%parts {
		size++
	}
	return size
}
