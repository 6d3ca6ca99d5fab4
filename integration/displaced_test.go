package integration_test

import (
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/processor"
)

// Records are written by the Collector, but its response does not reach the sender. They
// are then displaced from the queue, where they wait for a retry. The ledger must not
// count them as certainly lost.
func TestDisplacedAfterAnUnansweredExport(t *testing.T) {
	t.Parallel()
	for name, overflow := range map[string]processor.Overflow{
		"DropOldest": processor.DropOldest,
		"DropLowest": processor.DropLowest,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCollector(t)
			n := newNetwork(t, c.HTTP)
			if err := n.AddFaults(rig.DropResponses()); err != nil {
				t.Fatal(err)
			}
			l := newPipeline(t, newExporter(t, rig.HTTP, n.Addr),
				processor.WithMaxQueueSize(100), processor.WithExportMaxBatchSize(50),
				processor.WithOverflow(overflow), processor.WithExportTimeout(300*time.Millisecond))
			l.EmitAt(t.Context(), 3000, 1000)
			n.ClearFaults()
			l.waitEmpty(t) // so that the shutdown displaces nothing
			if s, _ := l.closeAndCheck(t, c); s.DroppedTotal() == 0 {
				t.Error("nothing was displaced")
			}
		})
	}
}
