package rig

import (
	"errors"
	"fmt"

	"github.com/krunchwrapper/asynclog/processor"
)

// Tally says how often each record arrived, by ID.
type Tally map[int64]int

// add counts a record of a [Source].
func (t Tally) add(r Record) error {
	id, err := IDOf(r)
	t[id]++
	return err
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

// Unknown returns how many IDs there are that nobody emitted.
func (t Tally) Unknown(emitted int64) int64 {
	var n int64
	for id := range t {
		if id < 1 || id > emitted {
			n++
		}
	}
	return n
}

// Reconcile holds a processor's ledger, after its Shutdown, against what was emitted
// and what arrived:
//
//   - The ledger has every record that was emitted, and balances.
//   - What it calls exported arrived.
//   - What arrived beyond that is among the records of whose export it did not
//     learn the end: export_timeout and export_failed, and what it saved to the
//     fallback.
func Reconcile(s processor.Stats, emitted int64, t Tally) error {
	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if int64(s.Emitted) != emitted {
		complain("%d records were emitted, the ledger has %d", emitted, s.Emitted)
	}
	if !s.Balanced() || s.Queued != 0 || s.InFlight != 0 {
		complain("the ledger does not balance")
	}
	if n := t.Unknown(emitted); n != 0 {
		complain("%d records arrived that nobody emitted", n)
	}
	unsure := int64(s.Fallback)
	for _, d := range s.Dropped {
		if d.Reason == processor.ReasonExportTimeout || d.Reason == processor.ReasonExportFailed {
			unsure += int64(d.Count)
		}
	}
	if beyond := t.Distinct() - int64(s.Exported); beyond < 0 || beyond > unsure {
		complain("%d records arrived, the ledger calls %d exported, and is unsure of %d", t.Distinct(), s.Exported, unsure)
	}
	if len(errs) > 0 {
		complain("the ledger: %+v", s)
	}
	return errors.Join(errs...)
}
