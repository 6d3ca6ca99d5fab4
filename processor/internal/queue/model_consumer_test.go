package queue

import "slices"

func (m *model) available() bool {
	return len(m.sealed) > 0 || m.due || (m.closed && (m.held == 0 || m.removed))
}

// take removes the groups that may form the next batch, of n records: one, or, under
// DropLowest, some that fit into a batch. It returns none if no batch of n records may come
// next.
func (m *model) take(n int) []*group {
	var taken []*group
	switch {
	case len(m.sealed) > 0:
		count, groups := 0, 0
		for groups == 0 || (m.policy == DropLowest && count < n && groups < len(m.sealed) &&
			!m.sealed[0].requeued && !m.sealed[groups].requeued) {
			count += len(m.sealed[groups].items)
			groups++
		}
		if count != n || n > m.size {
			return nil
		}
		taken = slices.Clone(m.sealed[:groups])
		m.sealed = m.sealed[groups:]
	case m.due && len(m.open.items) == n:
		taken = []*group{m.open}
		m.open, m.due = nil, false
	default:
		return nil
	}
	m.inFlight += n
	if taken[0].requeued {
		m.reserved += n
		m.reservedBytes += m.sizeOf(taken[0].items)
	}
	m.reopen()
	m.admitWaiters()
	return taken
}

// release removes records that a consumer has from those in flight.
func (m *model) release(groups []*group, gone []*item) {
	m.inFlight -= len(gone)
	if groups[0].requeued {
		m.reserved -= len(gone)
		m.reservedBytes -= m.sizeOf(gone)
		m.reopen()
		m.admitWaiters()
	}
}

// progress settles the first n records that a consumer has.
func (m *model) progress(groups []*group, n int, failed bool) {
	m.addError(groups, failed)
	var gone []*item
	for _, g := range groups {
		k := min(n-len(gone), len(g.items))
		gone = append(gone, g.items[:k]...)
		g.items = g.items[k:]
	}
	m.release(groups, gone)
}

// requeue makes the groups that a consumer has the next group to be taken, and returns the
// records that are evicted in its favour.
func (m *model) requeue(groups []*group, failed bool) (gone []*item) {
	g := &group{requeued: true}
	for _, part := range groups {
		g.items = append(g.items, part.items...)
	}
	g.claims = len(g.items)
	for _, f := range m.flushes {
		for _, part := range groups {
			if !f.pending[part] {
				continue
			}
			delete(f.pending, part)
			f.pending[g] = true
		}
		if failed && f.pending[g] {
			f.failed = true
			clear(f.pending)
		}
	}
	m.inFlight -= len(g.items)
	if groups[0].requeued {
		m.reserved -= len(g.items)
		m.reservedBytes -= m.sizeOf(g.items)
	}
	m.sealed = slices.Insert(m.sealed, 0, g)
	for !m.closed && m.queued()+m.reserved > m.capacity {
		victim := m.evictForRequeue()
		if victim == nil {
			break // the comparison with the queue will fail
		}
		gone = append(gone, victim)
	}
	if m.policy == DropNewest || m.policy == Block {
		slices.Reverse(gone)
	}
	for !m.closed && m.excessBytes() > 0 {
		victim := m.evictForRequeue()
		if victim == nil {
			break
		}
		gone = append(gone, victim)
	}
	if open := m.open; open != nil && len(open.items) == 0 {
		m.open, m.due = nil, false
		m.settle(open, false)
	}
	m.reopen()
	m.admitWaiters()
	return gone
}

// evictForRequeue removes the record that is evicted in favour of one that was put back.
func (m *model) evictForRequeue() *item {
	if m.policy == DropOldest || m.policy == DropLowest {
		return m.evict(MaxLevel + 1)
	}
	for _, g := range slices.Backward(m.groups()) {
		for _, it := range slices.Backward(g.items) {
			if it.committed {
				g.remove(m, it)
				return it
			}
		}
	}
	return nil
}

func (m *model) flush(f *Flush, held []*group) {
	fm := &flushModel{real: f, pending: make(map[*group]bool)}
	for _, g := range slices.Concat(held, m.sealed) {
		fm.pending[g] = true
	}
	if m.open != nil && m.open.claims > 0 {
		fm.pending[m.open] = true
		m.due = true
	}
	m.flushes = append(m.flushes, fm)
}

// settle ends a group, whose records are exported or all evicted.
func (m *model) settle(g *group, failed bool) {
	for _, f := range m.flushes {
		if f.pending[g] {
			delete(f.pending, g)
			f.failed = f.failed || failed
		}
	}
}

// addError records a failure in the flushes of groups that are not settled yet.
func (m *model) addError(groups []*group, failed bool) {
	for _, f := range m.flushes {
		for _, g := range groups {
			f.failed = f.failed || (failed && f.pending[g])
		}
	}
}
