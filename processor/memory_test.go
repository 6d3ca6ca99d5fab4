package processor

import (
	"errors"
	"io"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

const (
	mebibyte = 1 << 20
	little   = 2 * mebibyte
)

// heap returns the bytes of live heap objects.
func heap() int64 {
	// A second collection frees what the first one has finalized.
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// bulky returns a processor with a capacity of 50,000 records whose exporter keeps none,
// and whose metrics keep nothing of it alive.
func bulky(t *testing.T, opts ...Option) (*Processor, *exportertest.Exporter) {
	t.Helper()
	e := exportertest.New(exportertest.WithoutRecords())
	return start(t, e, append([]Option{
		WithMaxQueueSize(50_000), WithMeterProvider(noop.NewMeterProvider()), WithExportTimeout(time.Hour),
	}, opts...)...), e
}

// repeat hands the same record n times to the processor.
func repeat(t *testing.T, p *Processor, s log.Severity, n int) {
	t.Helper()
	r := exportertest.Record(s, "the same record again and again")
	for range n {
		p.OnEmit(t.Context(), &r)
	}
}

func TestIdleProcessorTakesLittleMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := heap()
		p, _ := bulky(t)
		synctest.Wait()
		if took := heap() - before; took >= little {
			t.Errorf("an idle processor takes %d bytes, want less than %d", took, little)
		}
		// The first records take the memory that they need, too, not all that they could.
		repeat(t, p, log.SeverityInfo, 100)
		synctest.Wait()
		if took := heap() - before; took >= little {
			t.Errorf("with 100 records it takes %d bytes, want less than %d", took, little)
		}
		runtime.KeepAlive(p)
	})
}

func TestMemoryOfABurstIsGivenBack(t *testing.T) {
	for _, overflow := range []Overflow{DropNewest, DropOldest, DropLowest, Block(time.Second)} {
		t.Run(overflow.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const burst = 45_000
				p, e := bulky(t, WithOverflow(overflow))
				before := heap()
				release := e.Block()
				repeat(t, p, log.SeverityInfo, burst)
				synctest.Wait()
				if took := heap() - before; took < burst*500 {
					t.Fatalf("%d records take only %d bytes: this test measures something else", burst, took)
				}
				release()
				if err := p.ForceFlush(t.Context()); err != nil {
					t.Error(err)
				}
				time.Sleep(5 * time.Second)
				if kept := heap() - before; kept >= little {
					t.Errorf("%d bytes are kept after five quiet seconds, want less than %d", kept, little)
				}
				if s := p.Stats(); s.Exported != burst {
					t.Errorf("%+v, want all exported", s)
				}

				// Memory in use is not freed: records that trickle in do not change
				// anything.
				for range 100 {
					repeat(t, p, log.SeverityInfo, 100)
					time.Sleep(100 * time.Millisecond)
				}
				if kept := heap() - before; kept >= little {
					t.Errorf("%d bytes are kept under a trickle, want less than %d", kept, little)
				}
				runtime.KeepAlive(p)
			})
		})
	}
}

// However many records come, they take no more memory than those that can be queued or in
// flight.
func TestMemoryIsBoundedBehindABlockedExporter(t *testing.T) {
	for _, overflow := range []Overflow{DropNewest, DropOldest, DropLowest} {
		t.Run(overflow.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const capacity, batch, record = 5_000, 250, 640
				p, e := bulky(t, WithOverflow(overflow), WithMaxQueueSize(capacity), WithExportMaxBatchSize(batch))
				before := heap()
				release := e.Block()
				for s := range log.Severity(6) {
					repeat(t, p, s, capacity) // each more severe than the ones before
				}
				synctest.Wait()
				most := int64(capacity+4*batch) * record
				if overflow == DropLowest {
					most = int64(2*capacity+4*batch) * record // evictions leave holes
				}
				if took := heap() - before; took > most {
					t.Errorf("%d bytes for %d records, want at most %d", took, capacity, most)
				}
				release()
				runtime.KeepAlive(p)
			})
		})
	}
}

// A processor is often kept after its end, for its Stats. Its memory is not.
func TestMemoryIsGivenBackByShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := heap()
		p, e := bulky(t)
		release := e.Block()
		repeat(t, p, log.SeverityInfo, 45_000)
		release()
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if kept := heap() - before; kept >= little/4 {
			t.Errorf("%d bytes are kept after Shutdown, want less than %d", kept, little/4)
		}
		if s := p.Stats(); s.Exported != 45_000 {
			t.Errorf("%+v, want all exported", s)
		}
	})
}

// The memory of records that waited for the fallback's writer is freed when they are
// written.
func TestMemoryOfTheFallbackIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		gate := make(chan struct{})
		p, e := bulky(t, once, WithFallback(writerFunc(func(line []byte) (int, error) {
			<-gate
			return io.Discard.Write(line)
		})))
		before := heap()
		e.FailNext(10_000, errors.New("refused"))
		repeat(t, p, log.SeverityError, 10_000)
		synctest.Wait()
		if took := heap() - before; took < 10_000*500 {
			t.Fatalf("10,000 records take only %d bytes: this test measures something else", took)
		}
		close(gate)
		time.Sleep(5 * time.Second)
		if kept := heap() - before; kept >= little {
			t.Errorf("%d bytes are kept, want less than %d", kept, little)
		}
		if s := p.Stats(); s.Fallback != 10_000 {
			t.Errorf("%+v, want all of them written", s)
		}
		runtime.KeepAlive(p)
	})
}
