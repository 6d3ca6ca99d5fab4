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

// flushTime is how long the last records of a flood may take to leave.
const flushTime = 5 * time.Minute

// flood logs as fast as it can: to measure how fast that is, with an overflow policy
// that waits, or to see what becomes of records for which there is no room.
type flood struct {
	records    int
	bursts     int
	every      time.Duration // between bursts
	errors     int           // one record in so many is an ERROR; 0: none
	goroutines int
	exporters  int
	overflow   processor.Overflow
}

// floodResult is what it prints. Its figures are from the first log call to the last
// export.
type floodResult struct {
	Emitted   uint64  `json:"emitted"`
	Exported  uint64  `json:"exported"`
	Fallback  uint64  `json:"fallback"`
	Dropped   uint64  `json:"dropped"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"exported_per_second"`
}

func runFlood(ctx context.Context, c console, args []string) error {
	f := flood{overflow: processor.Block(flushTime)}
	fs := flag.NewFlagSet("flood", flag.ContinueOnError)
	fs.IntVar(&f.records, "records", 1_000_000, "how many records to log")
	fs.IntVar(&f.bursts, "bursts", 1, "in how many bursts")
	fs.DurationVar(&f.every, "every", time.Second, "how long after a burst the next one begins")
	fs.IntVar(&f.errors, "errors", 0, "one in so many records has severity ERROR; 0: none")
	fs.IntVar(&f.goroutines, "goroutines", 4, "how many goroutines log")
	fs.IntVar(&f.exporters, "exporters", 1, "how many exporters share the work")
	fs.Func("overflow", "what to do when the queue is full: block (default), drop-newest, drop-oldest or drop-lowest", f.setOverflow)
	if err := parse(fs, c, args); err != nil {
		return err
	}
	switch {
	case f.records < 1 || f.bursts < 1 || f.goroutines < 1 || f.exporters < 1:
		return refuse(fs, c, "-records, -bursts, -goroutines and -exporters must be greater than 0")
	case f.errors < 0 || f.every < 0:
		return refuse(fs, c, "-errors and -every must not be negative")
	}
	return f.run(ctx, c)
}

func (f *flood) setOverflow(name string) error {
	switch name {
	case "block":
		f.overflow = processor.Block(flushTime)
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
		flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
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

// moreExporters makes those besides the first: one is never called concurrently, so
// that several share the work of encoding, and the waiting.
func (f *flood) moreExporters(ctx context.Context) ([]sdklog.Exporter, error) {
	more := make([]sdklog.Exporter, f.exporters-1)
	for i := range more {
		var err error
		if more[i], err = autoexport.NewLogExporter(ctx); err != nil {
			return nil, unusable("OTEL_LOGS_EXPORTER", err)
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

// share returns how many of n the i-th of so many parts has.
func share(n, parts, i int) int {
	size := n / parts
	if i < n%parts {
		size++
	}
	return size
}
