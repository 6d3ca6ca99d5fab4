package trial

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"sync"
	"time"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/sink"
)

// collections is how many garbage collections are measured.
const collections = 10

// memory measures the memory of a full queue: it logs as many records as the queue holds
// while the sink accepts nothing.
func memory(ctx context.Context, s *Spec) (*Result, error) {
	end := sink.New(0)
	release := sync.OnceFunc(end.Block())
	defer release()

	before := Heap()
	c, err := pipeline(s, end)
	if err != nil {
		return nil, err
	}
	call := c.Caller()
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		for range s.Queue {
			call()
		}
	}()
	select {
	case <-logged:
	case <-time.After(trialTimeout / 2):
		return nil, fmt.Errorf("trial: %s does not hold %d records", s.Impl, s.Queue)
	}
	r := &Result{Calls: uint64(s.Queue), RSS: resident()}
	r.Heap = Heap() - before

	cpu := gcTime()
	for range collections {
		runtime.GC()
	}
	r.GCCPU = (gcTime() - cpu) / collections * float64(time.Second)
	var gc debug.GCStats
	debug.ReadGCStats(&gc) // the latest pauses come first
	r.GCPause = float64(slices.Max(gc.Pause[:collections]))

	release()
	if _, err := c.Drain(ctx, r.Calls); err != nil {
		return nil, err
	}
	if err := c.Close(ctx); err != nil {
		return nil, err
	}
	if r.Acked = end.Acked(); r.Acked != r.Calls {
		return nil, fmt.Errorf("trial: %s held %d of %d records", s.Impl, r.Acked, r.Calls)
	}
	return r, nil
}

// Heap returns the number of live bytes on the heap.
func Heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// gcTime returns the total processor time of garbage collections, in seconds.
func gcTime() float64 {
	sample := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(sample)
	return sample[0].Value.Float64()
}
