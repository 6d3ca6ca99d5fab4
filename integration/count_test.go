package integration_test

import (
	"sync"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/processor"
)

// Each record arrives once if the queue has space for all records, or if callers wait for
// space.
func TestEachRecordArrivesOnce(t *testing.T) {
	const emitters, each = 8, 2500
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		for name, opts := range map[string][]processor.Option{
			"space":    {processor.WithMaxQueueSize(emitters * each)},
			"blocking": {processor.WithOverflow(processor.Block(testTimeout))},
		} {
			t.Run(name, func(t *testing.T) {
				c := newCollector(t)
				l := newPipeline(t, newExporter(t, over, over.Addr(c)), opts...)
				emitConcurrently(t, l, emitters, each)

				s, arrivals := l.closeAndCheck(t, c)
				if s.Exported != emitters*each || arrivals.Distinct() != emitters*each || arrivals.Duplicates() != 0 {
					t.Errorf("of %d records %d are exported and %d arrived, with %d duplicates",
						emitters*each, s.Exported, arrivals.Distinct(), arrivals.Duplicates())
				}
			})
		}
	})
}

// Several exporters share the records. Each record is sent by one of them.
func TestExportersShareTheRecords(t *testing.T) {
	const emitters, each = 4, 5000
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		c := newCollector(t)
		var more []sdklog.Exporter
		for range 3 {
			more = append(more, newExporter(t, over, over.Addr(c)))
		}
		l := newPipeline(t, newExporter(t, over, over.Addr(c)),
			processor.WithExporters(more...), processor.WithMaxQueueSize(emitters*each))
		emitConcurrently(t, l, emitters, each)

		s, arrivals := l.closeAndCheck(t, c)
		if s.Exported != emitters*each || arrivals.Duplicates() != 0 {
			t.Errorf("of %d records %d are exported, with %d duplicates", emitters*each, s.Exported, arrivals.Duplicates())
		}
	})
}

// One exporter sends the records of a goroutine in the order in which the goroutine
// emitted them.
func TestOrderOfAGoroutine(t *testing.T) {
	const emitters, each = 4, 2000
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		c := newCollector(t)
		l := newPipeline(t, newExporter(t, over, over.Addr(c)), processor.WithMaxQueueSize(emitters*each))
		emitConcurrently(t, l, emitters, each)
		if err := l.flush(t); err != nil {
			t.Fatal(err)
		}

		last := map[int64]int64{}
		for _, r := range arrived(t, c) {
			id, err := rig.IDOf(r)
			if err != nil {
				t.Fatal(err)
			}
			emitter, _ := r.Attributes().Get(rig.EmitterKey)
			if id <= last[emitter.Int()] {
				t.Fatalf("record %d of goroutine %d arrived after record %d", id, emitter.Int(), last[emitter.Int()])
			}
			last[emitter.Int()] = id
		}
		if len(last) != emitters {
			t.Errorf("records of %d goroutines arrived, want %d", len(last), emitters)
		}
	})
}

// Records dropped by a full queue are counted exactly: the records that arrived are those
// that the ledger counts as exported.
func TestOverflowIsCountedExactly(t *testing.T) {
	for name, overflow := range map[string]processor.Overflow{
		"DropNewest": processor.DropNewest,
		"DropOldest": processor.DropOldest,
		"DropLowest": processor.DropLowest,
	} {
		t.Run(name, func(t *testing.T) {
			c := newCollector(t)
			n := newNetwork(t, c.GRPC)
			if err := n.AddFaults(rig.Latency(20*time.Millisecond, 0)); err != nil {
				t.Fatal(err)
			}
			l := newPipeline(t, newExporter(t, rig.GRPC, n.Addr),
				processor.WithMaxQueueSize(1000), processor.WithExportMaxBatchSize(100), processor.WithOverflow(overflow))
			emitConcurrently(t, l, 4, 2500)

			s, arrivals := l.closeAndCheck(t, c)
			if s.DroppedTotal() == 0 {
				t.Error("nothing was dropped")
			}
			if arrivals.Distinct() != int64(s.Exported) || arrivals.Duplicates() != 0 {
				t.Errorf("%d records arrived, with %d duplicates, and %d are exported", arrivals.Distinct(), arrivals.Duplicates(), s.Exported)
			}
			for _, d := range s.Dropped {
				if d.Reason != processor.ReasonQueueFull && d.Reason != processor.ReasonEvicted {
					t.Errorf("%d records were dropped as %s", d.Count, d.Reason)
				}
			}
		})
	}
}

func emitConcurrently(t testing.TB, l *pipeline, emitters, each int) {
	t.Helper()
	var wg sync.WaitGroup
	for emitter := range emitters {
		wg.Go(func() { l.Emit(t.Context(), emitter, each) })
	}
	wg.Wait()
}
