package exportertest

import "slices"

// step is the planned outcome of one Export.
type step struct {
	err    error
	panics bool
	value  any // of the panic
}

func (s step) run() error {
	if s.panics {
		panic(s.value)
	}
	return s.err
}

// FailNext makes the next n Exports return err and take nothing. A nil err makes
// them succeed, for a success between failures.
//
// Plans queue up: FailNext(2, err) followed by PanicNext(1, v) is two failures and
// then a panic. The "next" Exports are those that begin after the call. An Export
// that ends at a gate or in the delay because its context ended has used its step of
// the plan; one that is refused after Shutdown has not.
func (e *Exporter) FailNext(n int, err error) { e.planNext(n, step{err: err}) }

// PanicNext makes the next n Exports panic with v. See [Exporter.FailNext].
func (e *Exporter) PanicNext(n int, v any) { e.planNext(n, step{panics: true, value: v}) }

func (e *Exporter) planNext(n int, s step) {
	if n <= 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.plan = append(e.plan, slices.Repeat([]step{s}, n)...)
}

// nextLocked removes the next step from the plan and returns it, or nil if there is
// none.
func (e *Exporter) nextLocked() *step {
	if len(e.plan) == 0 {
		return nil
	}
	s := e.plan[0]
	e.plan = e.plan[1:]
	return &s
}
