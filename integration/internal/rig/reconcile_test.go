package rig

import (
	"testing"

	"github.com/krunchwrapper/asynclog/processor"
)

func TestReconcile(t *testing.T) {
	drop := func(why processor.Reason, n uint64) []processor.Drop {
		return []processor.Drop{{Reason: why, Count: n}}
	}
	for name, c := range map[string]struct {
		stats   processor.Stats
		arrived int64
		good    bool
	}{
		"all arrived":           {processor.Stats{Emitted: 2, Exported: 2}, 2, true},
		"one was dropped":       {processor.Stats{Emitted: 2, Exported: 1, Dropped: drop(processor.ReasonQueueFull, 1)}, 1, true},
		"timeout, not arrived":  {processor.Stats{Emitted: 2, Exported: 1, Dropped: drop(processor.ReasonExportTimeout, 1)}, 1, true},
		"timeout, arrived":      {processor.Stats{Emitted: 2, Exported: 1, Dropped: drop(processor.ReasonExportTimeout, 1)}, 2, true},
		"failure, arrived":      {processor.Stats{Emitted: 2, Exported: 1, Dropped: drop(processor.ReasonExportFailed, 1)}, 2, true},
		"fallback, arrived":     {processor.Stats{Emitted: 2, Exported: 1, Fallback: 1}, 2, true},
		"exported, not arrived": {processor.Stats{Emitted: 2, Exported: 2}, 1, false},
		"dropped, arrived":      {processor.Stats{Emitted: 2, Exported: 1, Dropped: drop(processor.ReasonQueueFull, 1)}, 2, false},
		"not in the ledger":     {processor.Stats{Emitted: 2, Exported: 1}, 1, false},
		"not emitted":           {processor.Stats{Emitted: 1, Exported: 1}, 1, false},
		"still queued":          {processor.Stats{Emitted: 2, Exported: 1, Queued: 1}, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := Reconcile(c.stats, 2, c.arrived); (err == nil) != c.good {
				t.Error(err)
			}
		})
	}
}
