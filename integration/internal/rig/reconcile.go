package rig

import (
	"errors"
	"fmt"

	"github.com/krunchwrapper/asynclog/processor"
)

// Reconcile compares a processor's ledger, after its Shutdown, with the number of records
// that were emitted and the number that arrived, each counted once:
//
//   - The ledger has every record that was emitted, and balances.
//   - The records that it counts as exported arrived.
//   - Any further records that arrived are among those whose outcome the processor did
//     not learn, export_timeout and export_failed, or those in the fallback.
func Reconcile(s processor.Stats, emitted, arrived int64) error {
	var errs []error
	addError := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if int64(s.Emitted) != emitted {
		addError("records emitted: %d, in the ledger: %d", emitted, s.Emitted)
	}
	if !s.Balanced() || s.Queued != 0 || s.InFlight != 0 {
		addError("the ledger does not balance")
	}
	unknown := int64(s.Fallback)
	for _, d := range s.Dropped {
		if d.Reason == processor.ReasonExportTimeout || d.Reason == processor.ReasonExportFailed {
			unknown += int64(d.Count)
		}
	}
	if beyond := arrived - int64(s.Exported); beyond < 0 || beyond > unknown {
		addError("records arrived: %d; in the ledger exported: %d, with an unknown outcome: %d", arrived, s.Exported, unknown)
	}
	if len(errs) > 0 {
		addError("the ledger: %+v", s)
	}
	return errors.Join(errs...)
}
