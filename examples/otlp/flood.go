package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/processor"
)

// flushTime is how long the last records of a flood may take to leave.
const flushTime = 5 * time.Minute

// flood logs as fast as it can. Log calls wait while the queue is full, so that no
// record is dropped, and the rate is that at which the exporters get rid of them.
type flood struct {
	records    int
	goroutines int
	exporters  int
}

// floodResult is what it prints. Its figures are from the first log call to the last
// export.
type floodResult struct {
	Exported  uint64  `json:"exported"`
	Lost      uint64  `json:"lost"` // dropped, or on standard error
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"records_per_second"`
}

func runFlood(ctx context.Context, c console, args []string) error {
	var f flood
	fs := flag.NewFlagSet("flood", flag.ContinueOnError)
	fs.IntVar(&f.records, "records", 1_000_000, "how many records to log")
	fs.IntVar(&f.goroutines, "goroutines", 4, "how many goroutines log them")
	fs.IntVar(&f.exporters, "exporters", 1, "how many exporters share the work")
	if err := parse(fs, c, args); err != nil {
		return err
	}
	if f.records < 1 || f.goroutines < 1 || f.exporters < 1 {
		return refuse(fs, c, "-records, -goroutines and -exporters must be greater than 0")
	}
	return f.run(ctx, c)
}

func (f *flood) run(ctx context.Context, c console) error {
	t, err := newTelemetry(ctx, "flood", instanceOf(&net.TCPAddr{}))
	if err != nil {
		return err
	}
	more, err := f.moreExporters(ctx)
	if err != nil {
		return err
	}
	var res floodResult
	err = asynclog.Run(ctx, func(ctx context.Context) error {
		p := asynclog.FromContext(ctx)
		began := time.Now()
		f.log(ctx)
		flush, cancel := context.WithTimeout(ctx, flushTime)
		defer cancel()
		err := p.ForceFlush(flush)
		res.Seconds = time.Since(began).Seconds()
		s := p.Statistics().AsyncLogging
		res.Exported = s.Exported
		res.Lost = s.DroppedTotal() + s.Fallback
		res.PerSecond = float64(s.Exported) / res.Seconds
		return err
	}, append(t.options(), asynclog.WithProcessorOptions(
		processor.WithOverflow(processor.Block(flushTime)),
		processor.WithExporters(more...),
	))...)
	if shutdownErr := t.shutdown(); err == nil {
		err = shutdownErr
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(c.out).Encode(res)
}

// moreExporters makes those besides the first: one is never called concurrently, so
// that several share the work of encoding, and the waiting.
func (f *flood) moreExporters(ctx context.Context) ([]sdklog.Exporter, error) {
	more := make([]sdklog.Exporter, f.exporters-1)
	for i := range more {
		var err error
		if more[i], err = autoexport.NewLogExporter(ctx); err != nil {
			return nil, fmt.Errorf("logs: %w", err)
		}
	}
	return more, nil
}

// log logs all records: a sentence and four attributes each.
func (f *flood) log(ctx context.Context) {
	var wg sync.WaitGroup
	for g := range f.goroutines {
		n := f.records / f.goroutines
		if g < f.records%f.goroutines {
			n++
		}
		wg.Go(func() {
			for i := range n {
				slog.InfoContext(ctx, "a record of the flood, as long as many are",
					"goroutine", g, "number", i, "operation", "flood.log", "cached", i%2 == 0)
			}
		})
	}
	wg.Wait()
}
