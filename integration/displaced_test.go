package integration_test

import (
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/processor"
)

// Records that were written without their sender being told, and then displaced from
// the queue where they waited to be sent again: that they are lost is not known.
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
			if err := n.Poison(rig.Mute()); err != nil {
				t.Fatal(err)
			}
			l := newPipeline(t, newExporter(t, rig.HTTP, n.Addr),
				processor.WithMaxQueueSize(100), processor.WithExportMaxBatchSize(50),
				processor.WithOverflow(overflow), processor.WithExportTimeout(300*time.Millisecond))
			l.EmitAt(t.Context(), 3000, 1000)
			n.Heal()
			l.settle(t) // so that nothing is displaced by the shutdown
			if s, _ := l.end(t, c); s.DroppedTotal() == 0 {
				t.Error("nothing was displaced")
			}
		})
	}
}
