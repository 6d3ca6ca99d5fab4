package outage

import (
	"errors"
	"fmt"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/processor"
)

// Result is what came of a run.
type Result struct {
	Subject string
	Plan    Plan

	Emitted    int64
	Arrived    int64 // of them, at the Collector, each counted once
	Duplicates int64 // arrived again
	Copied     int64 // written to the fallback, whether or not they arrived
	Saved      int64 // written to the fallback, and did not arrive
	Lost       int64 // neither arrived nor saved

	// What the subject said of it.
	Ledger        *processor.Stats // nil: it keeps none
	Handled       int              // errors given to otel.Handle
	FirstError    string
	Processed     Said // by otel.sdk.processor.log.processed, experimental in the SDK
	Exporter      Said // by otel.sdk.exporter.log.exported, experimental
	ShutdownError error
}

// Check holds the subject's ledger, if it keeps one, against what arrived.
func (r Result) Check() error {
	if r.Ledger == nil {
		return nil
	}
	err := rig.Reconcile(*r.Ledger, r.Emitted, r.Arrived)
	if told := int64(r.Ledger.DroppedTotal()); r.Lost > told {
		err = errors.Join(err, fmt.Errorf("%d records are lost, the ledger tells of %d", r.Lost, told))
	}
	if told := int64(r.Ledger.Fallback); told > r.Copied || told < r.Saved {
		err = errors.Join(err, fmt.Errorf("%d records are in the fallback, %d of them nowhere else, the ledger tells of %d", r.Copied, r.Saved, told))
	}
	return err
}

// String says it all, on one line.
func (r Result) String() string {
	text := fmt.Sprintf("emitted %d, arrived %d (again %d), copied to the fallback %d, saved there %d, lost %d; said %s",
		r.Emitted, r.Arrived, r.Duplicates, r.Copied, r.Saved, r.Lost, r.Told())
	if r.FirstError != "" {
		text += "; first error: " + r.FirstError
	}
	if r.ShutdownError != nil {
		text += fmt.Sprintf("; Shutdown: %.200s", r.ShutdownError.Error())
	}
	return text
}
