package queue

import (
	"slices"
	"time"
)

// model is the queue said simply: a list of records, cut into groups where a
// batch was full. It knows of the queue's batches only what a caller can see: how
// records are grouped when they are taken, and what a flush waits for.
type model struct {
	capacity, size int
	policy         Policy
	maxWait        time.Duration
	high, low      int

	sealed   []*group // full, oldest first; never empty
	open     *group   // takes records; nil: no room, or closed
	waiting  []*waitingItem
	due      bool
	closed   bool
	removed  bool
	pressed  bool
	admitted uint64
	inFlight int
	reserved int // of those in flight, what keeps its room
	held     int // batches that consumers have
	flushes  []*flushModel
}

type item struct {
	number    int
	level     uint8
	committed bool
}

// group is the records that claimed the slots of one batch, without those that
// were evicted.
type group struct {
	items  []*item
	claims int
	opened time.Time
	back   bool // it was put back
}

// waitingItem is a record whose producer waits for room.
type waitingItem struct {
	item
	deadline time.Time
	over     bool
	verdict  Verdict
}

type flushModel struct {
	real    *Flush
	pending map[*group]bool
	failed  bool
}

// waits is the verdict of an Offer that does not return.
const waits Verdict = 255

func newModel(cfg Config) *model {
	m := &model{
		capacity: cfg.Capacity, size: min(cfg.BatchSize, cfg.Capacity), policy: cfg.Policy, maxWait: cfg.MaxWait,
		high: cfg.High, low: cfg.Low,
	}
	m.reopen()
	return m
}

func (m *model) sealedLive() int {
	n := 0
	for _, g := range m.sealed {
		n += len(g.items)
	}
	return n
}

func (m *model) queued() int {
	n := m.sealedLive()
	if m.open != nil {
		n += len(m.open.items)
	}
	return n
}

// full tells whether there is no room for another record.
func (m *model) full() bool { return m.queued()+m.reserved >= m.capacity }

func (m *model) reopen() {
	if m.open == nil && !m.closed && m.sealedLive()+m.reserved < m.capacity {
		m.open = &group{opened: time.Now()}
	}
}

// look is called after each step, however many records it has added or removed.
func (m *model) look() {
	switch n := m.queued() + m.reserved; {
	case m.high == 0, m.closed, n <= m.low:
		m.pressed = false
	case n >= m.high:
		m.pressed = true
	}
}

func (m *model) add(it item) {
	m.open.items = append(m.open.items, &it)
	m.open.claims++
	m.admitted++
	if m.open.claims == m.size {
		m.seal()
	}
	m.reopen()
}

func (m *model) seal() {
	if len(m.open.items) > 0 {
		m.sealed = append(m.sealed, m.open)
	}
	m.open, m.due = nil, false
}

// offer returns what becomes of the record, and the one that gives way to it.
func (m *model) offer(it item) (Verdict, *item) {
	if m.closed {
		return Closed, nil
	}
	if len(m.waiting) == 0 && !m.full() {
		m.add(it)
		return Accepted, nil
	}
	switch {
	case m.policy == Block && m.maxWait > 0:
		m.waiting = append(m.waiting, &waitingItem{item: it, deadline: time.Now().Add(m.maxWait)})
		return waits, nil
	case m.policy == DropOldest, m.policy == DropLowest:
		if victim := m.evict(it.level); victim != nil {
			m.reopen()
			m.add(it)
			return Accepted, victim
		}
	}
	return Full, nil
}

// evict removes the record that gives way to one of the level, if any does.
func (m *model) evict(level uint8) *item {
	groups := m.sealed
	if m.open != nil {
		groups = append(slices.Clone(groups), m.open)
	}
	var from *group
	var victim *item
	for _, g := range groups {
		for _, it := range g.items {
			if m.policy == DropOldest && it.committed {
				g.remove(m, it)
				return it
			}
			if m.policy == DropLowest {
				if !it.committed {
					break // what lies behind a gap is not known yet
				}
				if it.level < level && (victim == nil || it.level < victim.level) {
					from, victim = g, it
				}
			}
		}
	}
	if victim != nil {
		from.remove(m, victim)
	}
	return victim
}

func (g *group) remove(m *model, it *item) {
	g.items = slices.DeleteFunc(g.items, func(other *item) bool { return other == it })
	if len(g.items) == 0 && g != m.open {
		m.sealed = slices.DeleteFunc(m.sealed, func(other *group) bool { return other == g })
		m.settle(g, false)
	}
}

func (m *model) available() bool {
	return len(m.sealed) > 0 || m.due || (m.closed && (m.held == 0 || m.removed))
}

// take removes the groups of which the next batch, of n records, may consist: one,
// or, under DropLowest, some that fit into a batch. It returns none if no batch of
// n records may come next.
func (m *model) take(n int) []*group {
	var taken []*group
	switch {
	case len(m.sealed) > 0:
		count, groups := 0, 0
		for groups == 0 || (m.policy == DropLowest && count < n && groups < len(m.sealed) &&
			!m.sealed[0].back && !m.sealed[groups].back) {
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
	if taken[0].back {
		m.reserved += n
	}
	m.reopen()
	m.letIn()
	return taken
}

// leave takes n records of what a consumer has out of flight.
func (m *model) leave(groups []*group, n int) {
	m.inFlight -= n
	if groups[0].back {
		m.reserved -= n
		m.reopen()
		m.letIn()
	}
}

// progress settles the first n records of what a consumer has.
func (m *model) progress(groups []*group, n int, failed bool) {
	m.note(groups, failed)
	for left := n; left > 0; {
		for _, g := range groups {
			k := min(left, len(g.items))
			g.items = g.items[k:]
			left -= k
		}
	}
	m.leave(groups, n)
}

// putBack makes what a consumer has the next group to be taken, and returns what
// gives way to it.
func (m *model) putBack(groups []*group, failed bool) (gone []*item) {
	g := &group{back: true}
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
	if groups[0].back {
		m.reserved -= len(g.items)
	}
	m.sealed = slices.Insert(m.sealed, 0, g)
	for m.queued()+m.reserved > m.capacity {
		victim := m.giveWay()
		if victim == nil {
			break // which the comparison with the queue shows
		}
		gone = append(gone, victim)
	}
	if m.policy == DropNewest || m.policy == Block {
		slices.Reverse(gone)
	}
	if open := m.open; open != nil && len(open.items) == 0 {
		m.open, m.due = nil, false
		m.settle(open, false)
	}
	m.reopen()
	m.letIn()
	return gone
}

// giveWay removes the record that gives way to one that was put back.
func (m *model) giveWay() *item {
	if m.policy == DropOldest || m.policy == DropLowest {
		return m.evict(MaxLevel + 1)
	}
	groups := slices.Clone(m.sealed)
	if m.open != nil {
		groups = append(groups, m.open)
	}
	for _, g := range slices.Backward(groups) {
		for _, it := range slices.Backward(g.items) {
			if it.committed {
				g.remove(m, it)
				return it
			}
		}
	}
	return nil
}

// letIn gives room to those who wait.
func (m *model) letIn() {
	for len(m.waiting) > 0 && !m.full() {
		w := m.waiting[0]
		m.waiting = m.waiting[1:]
		w.over, w.verdict = true, Accepted
		m.add(w.item)
	}
}

// letGo ends the waiting of those whose time is up, or of all.
func (m *model) letGo(all bool) {
	for len(m.waiting) > 0 && (all || !m.waiting[0].deadline.After(time.Now())) {
		w := m.waiting[0]
		m.waiting = m.waiting[1:]
		w.over, w.verdict = true, Full
	}
}

func (m *model) close() {
	if m.open != nil {
		m.seal()
	}
	m.closed = true
	m.letGo(true)
}

func (m *model) expedite() {
	m.due = m.due || (m.open != nil && m.open.claims > 0)
}

// tick returns how long to wait, not counting what unused memory asks for.
func (m *model) tick(now time.Time, interval time.Duration) time.Duration {
	switch {
	case m.open == nil:
	case m.open.claims == 0:
		m.open.opened = now
	case now.Sub(m.open.opened) < interval:
		return interval - now.Sub(m.open.opened)
	default:
		m.due = true
	}
	return interval
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

// note tells the flushes of groups that are not settled yet of a failure.
func (m *model) note(groups []*group, failed bool) {
	for _, f := range m.flushes {
		for _, g := range groups {
			f.failed = f.failed || (failed && f.pending[g])
		}
	}
}
