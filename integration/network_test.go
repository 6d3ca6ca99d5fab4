package integration_test

import (
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/processor"
)

// A slow network delays records, and none is lost while the queue has space.
func TestSlowNetwork(t *testing.T) {
	t.Parallel()
	const records = 5000
	for name, toxic := range map[string]rig.Toxic{
		"latency":   rig.Latency(100*time.Millisecond, 50*time.Millisecond),
		"bandwidth": rig.Bandwidth(500),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overBoth(t, func(t *testing.T, over rig.Protocol) {
				t.Parallel()
				c := newCollector(t)
				n := newNetwork(t, over.Addr(c))
				if err := n.AddFaults(toxic); err != nil {
					t.Fatal(err)
				}
				l := newPipeline(t, newExporter(t, over, n.Addr), processor.WithMaxQueueSize(records))
				start := time.Now()
				l.Emit(t.Context(), 0, records)
				emitting := time.Since(start)

				s, arrivals := l.closeAndCheck(t, c)
				if s.Exported != records || arrivals.Distinct() != records || arrivals.Duplicates() != 0 {
					t.Errorf("%d of %d records are exported and %d arrived, with %d duplicates",
						s.Exported, records, arrivals.Distinct(), arrivals.Duplicates())
				}
				if all := time.Since(start); emitting > all/4 {
					t.Errorf("emitting took %v of %v: callers waited for the network", emitting, all)
				}
			})
		})
	}
}

// The network is cut and restored while records are emitted and the Collector runs.
func TestCutNetwork(t *testing.T) {
	t.Parallel()
	const records, rate = 12_000, 6000
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		t.Parallel()
		c := newCollector(t)
		n := newNetwork(t, over.Addr(c))
		l := newPipeline(t, newExporter(t, over, n.Addr), processor.WithMaxQueueSize(records))
		emitted := make(chan struct{})
		go func() {
			defer close(emitted)
			l.EmitAt(t.Context(), records, rate)
		}()
		for range 2 {
			time.Sleep(400 * time.Millisecond)
			n.Cut()
			time.Sleep(400 * time.Millisecond)
			if err := n.Restore(); err != nil {
				t.Fatal(err)
			}
		}
		<-emitted
		s, arrivals := l.closeAndCheck(t, c)
		if s.Exported != records || arrivals.Distinct() != records {
			t.Errorf("of %d records %d are exported and %d arrived, with %d duplicates",
				records, s.Exported, arrivals.Distinct(), arrivals.Duplicates())
		}
	})
}

// The network drops the responses: the Collector writes the records, but the sender does
// not learn of it. The sender retries until a response arrives.
func TestDroppedResponses(t *testing.T) {
	t.Parallel()
	const before, during, after = 1000, 400, 1000
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		t.Parallel()
		c := newCollector(t)
		n := newNetwork(t, over.Addr(c))
		l := newPipeline(t, newExporter(t, over, n.Addr), processor.WithExportTimeout(2*time.Second))
		l.emitAndFlush(t, before)
		if err := n.AddFaults(rig.DropResponses()); err != nil {
			t.Fatal(err)
		}
		l.Emit(t.Context(), 0, during)
		l.processor.ExportNow()
		time.Sleep(5 * time.Second)
		n.ClearFaults()
		l.Emit(t.Context(), 0, after)
		l.waitEmpty(t)

		s, arrivals := l.closeAndCheck(t, c)
		if all := int64(before + during + after); arrivals.Distinct() != all || int64(s.Exported) != all {
			t.Errorf("of %d records %d arrived, and %d are exported", all, arrivals.Distinct(), s.Exported)
		}
		if arrivals.Duplicates() == 0 {
			t.Error("there are no duplicates: the responses were not dropped")
		}
	})
}

// The same without retries: the ledger counts the records as export_timeout, which means
// neither lost nor exported.
func TestDroppedResponsesWithoutRetry(t *testing.T) {
	t.Parallel()
	const before, during = 1000, 400
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		t.Parallel()
		c := newCollector(t)
		n := newNetwork(t, over.Addr(c))
		l := newPipeline(t, newExporter(t, over, n.Addr),
			processor.WithRetry(processor.RetryConfig{Disabled: true}), processor.WithExportTimeout(2*time.Second))
		l.emitAndFlush(t, before)
		if err := n.AddFaults(rig.DropResponses()); err != nil {
			t.Fatal(err)
		}
		l.Emit(t.Context(), 0, during)
		if err := l.flush(t); err == nil {
			t.Error("flush returned no error, although there was no response")
		}

		s, arrivals := l.closeAndCheck(t, c)
		if arrivals.Distinct() != before+during || arrivals.Duplicates() != 0 {
			t.Errorf("of %d records %d arrived, with %d duplicates", before+during, arrivals.Distinct(), arrivals.Duplicates())
		}
		timedOut := uint64(0)
		for _, d := range s.Dropped {
			if d.Reason == processor.ReasonExportTimeout {
				timedOut += d.Count
			}
		}
		if s.Exported != before || timedOut != during {
			t.Errorf("the ledger: %+v", s)
		}
	})
}
