package rig

import (
	"errors"
	"fmt"

	"github.com/krunchwrapper/asynclog/processor"
)

// Tally says how often each record arrived, by ID.
type Tally map[int64]int

// add counts a record, which must be one of the first so many of a [Source].
func (t Tally) add(r Record, emitted int64) error {
	id, err := IDOf(r)
	if err != nil {
		return err
	}
	if id < 1 || id > emitted {
		return fmt.Errorf("record %d arrived, and nobody emitted it", id)
	}
	t[id]++
	return nil
}

// Distinct returns how many records arrived, each counted once.
func (t Tally) Distinct() int64 { return int64(len(t)) }

// Duplicates returns how many records arrived beyond those that arrived first.
func (t Tally) Duplicates() int64 {
	var n int64
	for _, times := range t {
		n += int64(times - 1)
	}
	return n
}

// Reconcile holds a processor's ledger, after its Shutdown, against how many records
// were emitted, and how many arrived, each counted once:
//
//   - The ledger has every record that was emitted, and balances.
//   - What it calls exported arrived.
//   - What arrived beyond that is among the records of whose export it did not
//     learn the end: export_timeout and export_failed, and what it saved to the
//     fallback.
func Reconcile(s processor.Stats, emitted, arrived int64) error {
	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if int64(s.Emitted) != emitted {
		complain("%d records were emitted, the ledger has %d", emitted, s.Emitted)
	}
	if !s.Balanced() || s.Queued != 0 || s.InFlight != 0 {
		complain("the ledger does not balance")
	}
	unsure := int64(s.Fallback)
	for _, d := range s.Dropped {
		if d.Reason == processor.ReasonExportTimeout || d.Reason == processor.ReasonExportFailed {
			unsure += int64(d.Count)
		}
	}
	if beyond := arrived - int64(s.Exported); beyond < 0 || beyond > unsure {
		complain("%d records arrived, the ledger calls %d exported, and is unsure of %d", arrived, s.Exported, unsure)
	}
	if len(errs) > 0 {
		complain("the ledger: %+v", s)
	}
	return errors.Join(errs...)
}
