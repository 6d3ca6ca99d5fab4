package outage

import (
	"errors"
	"fmt"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/processor"
)

// Result is the result of a run.
type Result struct {
	Subject string
	Plan    Plan

	Emitted    int64
	Arrived    int64 // emitted records that arrived at the Collector, each counted once
	Duplicates int64 // further arrivals of the same records
	Copied     int64 // written to the fallback, whether or not they arrived
	Saved      int64 // written to the fallback, and did not arrive
	Lost       int64 // neither arrived nor saved

	// Reported by the subject.
	Ledger        *processor.Stats // nil: the subject has none
	Handled       int              // errors given to otel.Handle
	FirstError    string
	Processed     Counts // from otel.sdk.processor.log.processed, experimental in the SDK
	Exporter      Counts // from otel.sdk.exporter.log.exported, experimental
	ShutdownError error
}

// Check compares the subject's ledger, if there is one, with the records that arrived and
// those that were saved.
func (r Result) Check() error {
	if r.Ledger == nil {
		return nil
	}
	err := rig.Reconcile(*r.Ledger, r.Emitted, r.Arrived)
	if dropped := int64(r.Ledger.DroppedTotal()); r.Lost > dropped {
		err = errors.Join(err, fmt.Errorf("records lost: %d, in the ledger: %d", r.Lost, dropped))
	}
	if saved := int64(r.Ledger.Fallback); saved > r.Copied || saved < r.Saved {
		err = errors.Join(err, fmt.Errorf("records in the fallback: %d, only there: %d, in the ledger: %d", r.Copied, r.Saved, saved))
	}
	return err
}

// String returns the whole result on one line.
func (r Result) String() string {
	text := fmt.Sprintf("emitted %d, arrived %d (duplicates %d), copied to the fallback %d, saved there %d, lost %d; reported: %s",
		r.Emitted, r.Arrived, r.Duplicates, r.Copied, r.Saved, r.Lost, r.Reported())
	if r.FirstError != "" {
		text += "; first error: " + r.FirstError
	}
	if r.ShutdownError != nil {
		text += fmt.Sprintf("; Shutdown: %.200s", r.ShutdownError.Error())
	}
	return text
}
