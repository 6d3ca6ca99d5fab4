package integration_test

import (
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/processor"
)

// The Collector is killed and started again. The records that it had written are kept, and
// those emitted while it was down arrive afterwards.
func TestCollectorIsKilledAndRestarted(t *testing.T) {
	t.Parallel()
	const phase = 2000
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		t.Parallel()
		c := newCollector(t)
		l := newPipeline(t, newExporter(t, over, over.Addr(c)), processor.WithMaxQueueSize(3*phase))

		l.emitAndFlush(t, phase)
		time.Sleep(rig.FlushTime)
		if err := c.Kill(); err != nil {
			t.Fatal(err)
		}

		l.Emit(t.Context(), 0, phase)
		l.processor.ExportNow()
		time.Sleep(time.Second) // exports are refused meanwhile

		startCollector(t, c)
		l.Emit(t.Context(), 0, phase)

		s, arrivals := l.closeAndCheck(t, c)
		if s.Exported != 3*phase || arrivals.Distinct() != 3*phase {
			t.Errorf("of %d records %d are exported, and %d arrived", 3*phase, s.Exported, arrivals.Distinct())
		}
	})
}

// The Collector is killed several times under load. It loses records that it had
// acknowledged and not yet written, which no client can detect. The ledger balances, and
// the records that arrived are unchanged.
func TestCollectorIsKilledUnderLoad(t *testing.T) {
	t.Parallel()
	const kills, records, rate = 3, 12_000, 4000
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		t.Parallel()
		c := newCollector(t)
		l := newPipeline(t, newExporter(t, over, over.Addr(c)),
			processor.WithMaxQueueSize(records))
		emitted := make(chan struct{})
		go func() {
			defer close(emitted)
			l.EmitAt(t.Context(), records, rate)
		}()
		for range kills {
			time.Sleep(500 * time.Millisecond)
			if err := c.Kill(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
			startCollector(t, c)
		}
		<-emitted

		ctx, cancel := withTimeout(t)
		defer cancel()
		if err := l.shutdown(ctx); err != nil {
			t.Log(err) // the ledger has what was lost
		}
		arrivals := count(t, c, l.Emitted())
		s := l.processor.Stats()
		if s.Emitted != records {
			t.Errorf("%d records are emitted, want %d", s.Emitted, records)
		}
		if arrivals.Distinct() == 0 || s.Exported == 0 {
			t.Errorf("%d records arrived, %d are exported", arrivals.Distinct(), s.Exported)
		}
		t.Logf("%d exported, %d arrived, %d duplicates, dropped %v", s.Exported, arrivals.Distinct(), arrivals.Duplicates(), s.Dropped)
	})
}
