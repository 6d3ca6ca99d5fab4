package queue

import "testing"

func (s *stress) checkSnapshot(t *testing.T) {
	t.Helper()
	s.q.Snapshot(func(c Counts) {
		// Displaced records are reported afterwards, so they may be missing here.
		ends := s.accounted + s.evicted + s.overwritten + uint64(c.Queued+c.InFlight)
		exact := s.q.policy == DropNewest || s.q.policy == Block
		if c.Queued < 0 || c.Queued > s.q.capacity || ends > c.Admitted || (exact && ends != c.Admitted) {
			t.Errorf("%+v with %d records accounted for, in a queue of %d", c, s.accounted, s.q.capacity)
		}
	})
}

// finish waits for all goroutines after the queue was closed, and accounts for every
// record.
func (s *stress) finish(t *testing.T) {
	t.Helper()
	s.offered.Wait()
	s.ended.Wait()
	close(s.stop)
	s.background.Wait()
	checkInvariants(t, s.q)
	s.checkSnapshot(t)

	seen := make(map[int]bool)
	see := func(where string, number int) {
		if seen[number] || !s.accepted[number] {
			t.Errorf("record %d was %s: accepted %t, seen before %t", number, where, s.accepted[number], seen[number])
		}
		seen[number] = true
	}
	last := make(map[int]int) // by producer
	inOrder := func(number int) {
		if before, ok := last[number>>12]; ok && number <= before && len(s.taken) <= 1 {
			t.Errorf("record %d came after record %d", number, before)
		}
		last[number>>12] = number
	}
	taken := 0
	for _, list := range s.taken {
		for _, number := range list {
			see("taken", number)
			inOrder(number)
		}
		taken += len(list)
	}
	for _, number := range s.removed {
		see("removed", number)
		inOrder(number)
	}
	for number := range s.displaced {
		see("displaced", number)
	}
	if len(seen)+int(s.counted) != len(s.accepted) {
		t.Errorf("%d records accepted, %d taken, %d removed, %d displaced, and %d that were only counted",
			len(s.accepted), taken, len(s.removed), len(s.displaced), s.counted)
	}
	want := Counts{Admitted: uint64(len(s.accepted))}
	s.q.Snapshot(func(got Counts) {
		if got != want || s.accounted != uint64(taken+len(s.removed)) {
			t.Errorf("%+v and %d records accounted for at the end, want %+v and %d", got, s.accounted, want, taken+len(s.removed))
		}
	})
}
