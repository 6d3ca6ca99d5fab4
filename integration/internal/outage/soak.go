package outage

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/processor"
)

const (
	soakQueue = 50_000
	soakShare = 0.8 // of the capacity
	// warmUp is how many samples are ignored, while pools and connections are made.
	warmUp = 5
)

// Soak is the result of a continuous load on the process.
type Soak struct {
	// Records a second that one exporter delivers while callers wait: before the load,
	// and again after it. A shared machine may become slower in between.
	Capacity, After int
	Rate            int // records a second emitted
	Took            time.Duration

	Emitted, Arrived int64
	Ledger           processor.Stats

	// Sampled each second, after a garbage collection.
	Heap       []uint64 // live bytes
	Goroutines []int
}

// RunSoak measures for a few seconds the highest rate at which records arrive. Then it
// emits records at four fifths of that rate for the given time, and measures again.
func RunSoak(ctx context.Context, over rig.Protocol, during time.Duration) (s Soak, err error) {
	const measure = 5 * time.Second
	s.Capacity, err = capacity(ctx, over, measure)
	if err != nil {
		return s, err
	}
	s.Rate = int(soakShare * float64(s.Capacity))

	err = withCollector(ctx, func(c *rig.Collector) error {
		return s.run(ctx, c, over, during)
	})
	if err != nil {
		return s, err
	}
	s.After, err = capacity(ctx, over, measure)
	return s, err
}

func (s *Soak) run(ctx context.Context, c *rig.Collector, over rig.Protocol, during time.Duration) error {
	e, err := over.Exporter(ctx, over.Addr(c))
	if err != nil {
		return err
	}
	p := processor.New(e, processor.WithMaxQueueSize(soakQueue), processor.WithFallback(nil))
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
	source := rig.NewSource(provider)
	start := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		source.EmitAt(ctx, int(during.Seconds()*float64(s.Rate)), s.Rate)
	}()
	for tick := time.NewTicker(time.Second); ; {
		select {
		case <-tick.C:
			s.sample()
			continue
		case <-done:
		}
		tick.Stop()
		break
	}
	s.Took = time.Since(start)

	deadline, cancel := context.WithTimeout(ctx, shutdownTimeout)
	defer cancel()
	err = errors.Join(ctx.Err(), provider.Shutdown(deadline), c.Stop(deadline))
	s.Ledger, s.Emitted = p.Stats(), source.Emitted()
	if err != nil {
		return err
	}
	arrivals, err := c.Count(s.Emitted)
	s.Arrived = arrivals.Distinct()
	return err
}

func (s *Soak) sample() {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	s.Heap = append(s.Heap, m.HeapAlloc)
	s.Goroutines = append(s.Goroutines, runtime.NumGoroutine())
}

// Check returns an error if the ledger does not agree with the records that arrived, or if
// memory or the number of goroutines grew: if the median of the last third of the samples
// is much above that of the first. A load above what the machine can deliver fills the
// queue, which takes memory. If that is the reason, the error says so.
func (s Soak) Check() error {
	err := rig.Reconcile(s.Ledger, s.Emitted, s.Arrived)
	if len(s.Heap) < warmUp+6 {
		return errors.Join(err, fmt.Errorf("too few samples: %d", len(s.Heap)))
	}
	const slack = 8 << 20 // a few batches in flight, and the runtime
	first, last := ends(s.Heap[warmUp:])
	if last > first+first/4+slack {
		err = errors.Join(err, fmt.Errorf("live memory grew from %d to %d bytes", first, last))
		if s.After < s.Rate {
			err = errors.Join(err, fmt.Errorf("the machine can no longer deliver the load: it delivered %d records a second before, "+
				"%d afterwards, and %d were emitted; run it again when nothing else uses the machine", s.Capacity, s.After, s.Rate))
		}
	}
	from, to := ends(s.Goroutines[warmUp:])
	if to > from+5 {
		err = errors.Join(err, fmt.Errorf("goroutines grew from %d to %d", from, to))
	}
	return err
}

// String returns the whole result on one line.
func (s Soak) String() string {
	text := fmt.Sprintf("capacity %s records a second, %s afterwards; %s a second for %v: emitted %s, arrived %s, dropped %s",
		thousands(int64(s.Capacity)), thousands(int64(s.After)), thousands(int64(s.Rate)), s.Took.Round(time.Second),
		thousands(s.Emitted), thousands(s.Arrived), thousands(int64(s.Ledger.DroppedTotal())))
	if len(s.Heap) > warmUp {
		first, last := ends(s.Heap[warmUp:])
		from, to := ends(s.Goroutines[warmUp:])
		text += fmt.Sprintf("; live memory %.1f to %.1f MiB, goroutines %d to %d",
			float64(first)/(1<<20), float64(last)/(1<<20), from, to)
	}
	return text
}

// ends returns the medians of the first and the last third of the samples.
func ends[T int | uint64](samples []T) (first, last T) {
	third := max(len(samples)/3, 1)
	return median(samples[:third]), median(samples[len(samples)-third:])
}

func median[T int | uint64](samples []T) T {
	sorted := slices.Sorted(slices.Values(samples))
	return sorted[len(sorted)/2]
}

// capacity measures how many records a second one exporter delivers to a Collector while
// callers wait for space in the queue.
func capacity(ctx context.Context, over rig.Protocol, during time.Duration) (perSecond int, err error) {
	err = withCollector(ctx, func(c *rig.Collector) error {
		e, err := over.Exporter(ctx, over.Addr(c))
		if err != nil {
			return err
		}
		p := processor.New(e, processor.WithFallback(nil), processor.WithOverflow(processor.Block(shutdownTimeout)))
		provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
		source := rig.NewSource(provider)
		start := time.Now()
		for time.Since(start) < during {
			source.Emit(ctx, 0, 100)
		}
		err = provider.Shutdown(ctx)
		perSecond = int(float64(p.Stats().Exported) / time.Since(start).Seconds())
		return err
	})
	return perSecond, err
}
