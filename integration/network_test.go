package integration_test

import (
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/processor"
)

// A slow network delays records, and costs none while there is room.
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
				if err := n.Poison(toxic); err != nil {
					t.Fatal(err)
				}
				l := newPipeline(t, newExporter(t, over, n.Addr), processor.WithMaxQueueSize(records))
				start := time.Now()
				l.Emit(t.Context(), 0, records)
				emitting := time.Since(start)

				s, tally := l.end(t, c)
				if s.Exported != records || tally.Distinct() != records || tally.Duplicates() != 0 {
					t.Errorf("%d of %d records are exported, %d arrived, %d of them twice",
						s.Exported, records, tally.Distinct(), tally.Duplicates())
				}
				if all := time.Since(start); emitting > all/4 {
					t.Errorf("emitting took %v of %v: callers waited for the network", emitting, all)
				}
			})
		})
	}
}

// The network is cut and restored while records flow, with the Collector alive.
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
		s, tally := l.end(t, c)
		if s.Exported != records || tally.Distinct() != records {
			t.Errorf("of %d records %d are exported, and %d arrived, %d of them again",
				records, s.Exported, tally.Distinct(), tally.Duplicates())
		}
	})
}

// A network that swallows the answers: records are written, and their sender is not
// told. They are written again until it is.
func TestSwallowedAnswers(t *testing.T) {
	t.Parallel()
	const before, during, after = 1000, 400, 1000
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		t.Parallel()
		c := newCollector(t)
		n := newNetwork(t, over.Addr(c))
		l := newPipeline(t, newExporter(t, over, n.Addr), processor.WithExportTimeout(2*time.Second))
		l.Emit(t.Context(), 0, before)
		if err := l.flush(t); err != nil {
			t.Fatal(err)
		}
		if err := n.Poison(rig.Mute()); err != nil {
			t.Fatal(err)
		}
		l.Emit(t.Context(), 0, during)
		l.processor.ExportNow()
		time.Sleep(5 * time.Second)
		n.Heal()
		l.Emit(t.Context(), 0, after)
		l.settle(t)

		s, tally := l.end(t, c)
		if all := int64(before + during + after); tally.Distinct() != all || int64(s.Exported) != all {
			t.Errorf("of %d records %d arrived, and %d are exported", all, tally.Distinct(), s.Exported)
		}
		if tally.Duplicates() == 0 {
			t.Error("none arrived again: their answers were not swallowed")
		}
	})
}

// The same without retries: the ledger calls them export_timeout, which is neither
// lost nor exported.
func TestSwallowedAnswersWithoutRetry(t *testing.T) {
	t.Parallel()
	const before, during = 1000, 400
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		t.Parallel()
		c := newCollector(t)
		n := newNetwork(t, over.Addr(c))
		l := newPipeline(t, newExporter(t, over, n.Addr),
			processor.WithRetry(processor.RetryConfig{Disabled: true}), processor.WithExportTimeout(2*time.Second))
		l.Emit(t.Context(), 0, before)
		if err := l.flush(t); err != nil {
			t.Fatal(err)
		}
		if err := n.Poison(rig.Mute()); err != nil {
			t.Fatal(err)
		}
		l.Emit(t.Context(), 0, during)
		if err := l.flush(t); err == nil {
			t.Error("no error, though there was no answer")
		}

		s, tally := l.end(t, c)
		if tally.Distinct() != before+during || tally.Duplicates() != 0 {
			t.Errorf("of %d records %d arrived, %d of them again", before+during, tally.Distinct(), tally.Duplicates())
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
