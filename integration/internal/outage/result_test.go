package outage

import (
	"testing"

	"github.com/krunchwrapper/asynclog/processor"
)

func TestCheck(t *testing.T) {
	dropped := []processor.Drop{{Reason: processor.ReasonQueueFull, Count: 2}}
	for name, c := range map[string]struct {
		result Result
		good   bool
	}{
		"no ledger":          {Result{Emitted: 3, Lost: 3}, true},
		"reported":           {Result{Emitted: 3, Arrived: 1, Lost: 2, Ledger: &processor.Stats{Emitted: 3, Exported: 1, Dropped: dropped}}, true},
		"too few reported":   {Result{Emitted: 3, Arrived: 1, Lost: 3, Ledger: &processor.Stats{Emitted: 3, Exported: 1, Dropped: dropped}}, false},
		"did not arrive":     {Result{Emitted: 3, Arrived: 1, Lost: 2, Ledger: &processor.Stats{Emitted: 3, Exported: 3}}, false},
		"saved":              {Result{Emitted: 3, Copied: 3, Saved: 3, Ledger: &processor.Stats{Emitted: 3, Fallback: 3}}, true},
		"saved, and arrived": {Result{Emitted: 3, Copied: 3, Saved: 2, Arrived: 1, Ledger: &processor.Stats{Emitted: 3, Fallback: 3}}, true},
		"not saved":          {Result{Emitted: 3, Copied: 2, Saved: 2, Lost: 1, Ledger: &processor.Stats{Emitted: 3, Fallback: 3}}, false},
		"saved, not reported": {Result{Emitted: 3, Copied: 2, Saved: 2, Arrived: 1, Ledger: &processor.Stats{
			Emitted: 3, Exported: 1, Fallback: 1,
			Dropped: []processor.Drop{{Reason: processor.ReasonQueueFull, Count: 1}},
		}}, false},
		"copied, arrived": {Result{Emitted: 1, Copied: 1, Arrived: 1, Ledger: &processor.Stats{Emitted: 1, Exported: 1}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.result.Check(); (err == nil) != c.good {
				t.Error(err)
			}
		})
	}
}
