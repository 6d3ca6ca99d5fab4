package integration_test

import (
	"sync"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/processor"
)

// With room for all of them, and with callers that wait for room, each record arrives
// once.
func TestEachRecordArrivesOnce(t *testing.T) {
	const emitters, each = 8, 2500
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		for name, opts := range map[string][]processor.Option{
			"room":     {processor.WithMaxQueueSize(emitters * each)},
			"blocking": {processor.WithOverflow(processor.Block(patience))},
		} {
			t.Run(name, func(t *testing.T) {
				c := newCollector(t)
				l := newPipeline(t, newExporter(t, over, over.Addr(c)), opts...)
				emitConcurrently(t, l, emitters, each)

				s, tally := l.end(t, c)
				if s.Exported != emitters*each || tally.Distinct() != emitters*each || tally.Duplicates() != 0 {
					t.Errorf("of %d records %d are exported, %d arrived, %d of them twice",
						emitters*each, s.Exported, tally.Distinct(), tally.Duplicates())
				}
			})
		}
	})
}

// Several exporters share the records: none is sent by two of them.
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

		s, tally := l.end(t, c)
		if s.Exported != emitters*each || tally.Duplicates() != 0 {
			t.Errorf("of %d records %d are exported, %d arrived twice", emitters*each, s.Exported, tally.Duplicates())
		}
	})
}

// One exporter sends the records of one goroutine in the order in which it emitted
// them.
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

// What is dropped for want of room is counted to the record: what arrived is exactly
// what the ledger calls exported.
func TestOverflowIsCountedToTheRecord(t *testing.T) {
	for name, overflow := range map[string]processor.Overflow{
		"DropNewest": processor.DropNewest,
		"DropOldest": processor.DropOldest,
		"DropLowest": processor.DropLowest,
	} {
		t.Run(name, func(t *testing.T) {
			c := newCollector(t)
			n := newNetwork(t, c.GRPC)
			if err := n.Poison(rig.Latency(20*time.Millisecond, 0)); err != nil {
				t.Fatal(err)
			}
			l := newPipeline(t, newExporter(t, rig.GRPC, n.Addr),
				processor.WithMaxQueueSize(1000), processor.WithExportMaxBatchSize(100), processor.WithOverflow(overflow))
			emitConcurrently(t, l, 4, 2500)

			s, tally := l.end(t, c)
			if s.DroppedTotal() == 0 {
				t.Error("nothing was dropped")
			}
			if tally.Distinct() != int64(s.Exported) || tally.Duplicates() != 0 {
				t.Errorf("%d records arrived, %d of them twice, and %d are exported", tally.Distinct(), tally.Duplicates(), s.Exported)
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
