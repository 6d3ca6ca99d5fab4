package queue

import (
	"cmp"
	"slices"
	"testing/synctest"
)

// check compares the visible state of the queue with the model.
func (r *fuzzRun) check() {
	r.t.Helper()
	synctest.Wait()
	checkInvariants(r.t, r.q)
	if !r.everSlow || r.m.policy != DropOldest {
		checkSlots(r.t, r.q, r.everRequeued)
	}
	want := Counts{Admitted: r.m.admitted, Queued: r.m.queued(), InFlight: r.m.inFlight, Reserved: r.m.reserved, QueuedBytes: r.m.bytes()}
	if over := want.Queued - r.m.capacity; over > 0 && r.m.closed {
		want.Queued, want.InFlight = r.m.capacity, want.InFlight+over
	}
	if r.m.closed && r.m.maxBytes > 0 {
		want.QueuedBytes = min(want.QueuedBytes, r.m.maxBytes)
	}
	r.q.Snapshot(func(got Counts) {
		if got != want {
			r.t.Fatalf("Snapshot %+v, want %+v", got, want)
		}
	})
	r.checkDisplaced()
	r.m.updatePressure()
	if got := r.q.UnderPressure(); got != r.m.pressed {
		r.t.Fatalf("pressed %t with %d records, want %t", got, want.Queued, r.m.pressed)
	}
	if n := r.q.Len(); n != want.Queued {
		r.t.Fatalf("Len = %d, want %d", n, want.Queued)
	}
	r.waiting = slices.DeleteFunc(r.waiting, func(w *waitingReal) bool {
		verdict := w.verdict.Load()
		if (verdict != nil) != w.model.returned || (verdict != nil && *verdict != w.model.verdict) {
			r.t.Fatalf("waiting record %d: returned %v, want %t, %d", w.model.number, verdict, w.model.returned, w.model.verdict)
		}
		return verdict != nil
	})
	for _, f := range r.m.flushes {
		r.checkFlush(f)
	}
}

// checkDisplaced compares the displaced records with the model. No eviction is pending now.
// Records that are only counted may be reported in any order.
func (r *fuzzRun) checkDisplaced() {
	r.t.Helper()
	order := func(a, b displacement) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.level, b.level))
	}
	got, want := slices.Clone(r.displaced), slices.Clone(r.wantDisplaced)
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if !slices.Equal(got, want) {
		r.t.Fatalf("%v displaced, want %v", got, want)
	}
	r.displaced, r.wantDisplaced = nil, nil
}

// displacement returns what the queue must report when the record is displaced.
func (r *fuzzRun) displacement(it *item) displacement {
	d := displacement{level: it.level, number: -1}
	if it.level >= r.keep {
		d.number = it.number
	}
	return d
}

// checkFlush checks that a flush is over exactly when it should be. Merged batches are over
// together, so under DropLowest a flush may end later.
func (r *fuzzRun) checkFlush(f *flushModel) {
	r.t.Helper()
	merges := r.m.policy == DropLowest && r.m.queued()+r.m.inFlight > 0
	want := len(f.pending) == 0
	got := done(f.real)
	if got && !want || want && !got && !merges {
		r.t.Fatalf("flush done: %t, want %t with %d batches pending", got, want, len(f.pending))
	}
	if got && (f.real.Err() != nil) != f.failed && (f.failed || r.m.policy != DropLowest) {
		r.t.Fatalf("flush ended with %v, want an error: %t", f.real.Err(), f.failed)
	}
}
