package queue

import (
	"slices"
	"time"
)

// model is a simple model of the queue: a list of records, cut into groups where a batch
// was full. It only has what a caller can see of the queue's batches: how records are
// grouped when they are taken, and what a flush waits for.
type model struct {
	capacity, size int
	policy         Policy
	maxWait        time.Duration
	maxBytes       int // 0: no bound
	high, low      int
	highBytes      int
	lowBytes       int

	sealed        []*group // full, oldest first; never empty
	open          *group   // takes records; nil: full, or closed
	waiting       []*waitingItem
	due           bool
	closed        bool
	removed       bool
	pressed       bool
	admitted      uint64
	inFlight      int
	reserved      int // how many of those in flight have their capacity reserved
	reservedBytes int // bytes of those
	held          int // batches that consumers have
	flushes       []*flushModel
}

type item struct {
	number    int
	level     uint8
	size      int
	committed bool
}

// group holds the records that claimed the slots of one batch, without those that were
// evicted.
type group struct {
	items    []*item
	claims   int
	opened   time.Time
	requeued bool // it was put back
}

// waitingItem is a record whose producer waits.
type waitingItem struct {
	item
	deadline time.Time
	returned bool
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
		maxBytes: cfg.MaxBytes, high: cfg.High, low: cfg.Low, highBytes: cfg.HighBytes, lowBytes: cfg.LowBytes,
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

// full reports whether there is no capacity for another record.
func (m *model) full() bool { return m.queued()+m.reserved >= m.capacity }

// bytes returns the size of the queued records; 0 where bytes are not bounded.
func (m *model) bytes() int {
	n := 0
	for _, g := range m.groups() {
		n += m.sizeOf(g.items)
	}
	return n
}

// sizeOf returns the size of the records; 0 where bytes are not bounded.
func (m *model) sizeOf(items []*item) int {
	n := 0
	for _, it := range items {
		if m.maxBytes > 0 {
			n += it.size
		}
	}
	return n
}

// groups returns the queued groups, oldest first.
func (m *model) groups() []*group {
	if m.open == nil {
		return m.sealed
	}
	return append(slices.Clone(m.sealed), m.open)
}

// excessBytes returns by how many bytes the bound is exceeded; negative if bytes are free.
func (m *model) excessBytes() int {
	if m.maxBytes == 0 {
		return 0
	}
	return m.bytes() + m.reservedBytes - m.maxBytes
}

// fits reports whether a record can be added without an eviction.
func (m *model) fits(it *item) bool {
	return !m.full() && (m.maxBytes == 0 || m.excessBytes()+it.size <= 0)
}

// fitsAfterEviction reports whether a record would get its bytes if all lower records were
// evicted.
func (m *model) fitsAfterEviction(it *item) bool {
	free := -m.excessBytes()
	for _, g := range m.groups() {
		for _, other := range g.items {
			if !other.committed {
				break
			}
			if other.level < it.level {
				free += other.size
			}
		}
	}
	return m.maxBytes == 0 || free >= it.size
}

func (m *model) reopen() {
	if m.open == nil && !m.closed && m.sealedLive()+m.reserved < m.capacity {
		m.open = &group{opened: time.Now()}
	}
}

// updatePressure is called after each step, however many records it has added or removed.
func (m *model) updatePressure() {
	n, bytes := m.queued()+m.reserved, m.bytes()+m.reservedBytes
	switch {
	case m.high == 0, m.closed:
		m.pressed = false
	case n >= m.high, m.maxBytes > 0 && bytes >= m.highBytes, len(m.waiting) > 0:
		m.pressed = true
	case n <= m.low && bytes <= m.lowBytes:
		m.pressed = false
	}
}

// expediteByBytes is called after each change.
func (m *model) expediteByBytes() {
	if m.maxBytes > 0 && len(m.sealed) == 0 && m.open != nil && len(m.open.items) > 0 &&
		(2*m.bytes() >= m.maxBytes-m.reservedBytes || len(m.waiting) > 0) {
		m.due = true
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

// offer returns the verdict on the record, and the records evicted in its favour.
func (m *model) offer(it item) (Verdict, []*item) {
	if m.closed {
		return Closed, nil
	}
	if m.maxBytes > 0 && it.size > m.maxBytes {
		return TooLarge, nil
	}
	defer m.expediteByBytes()
	if len(m.waiting) == 0 && m.fits(&it) {
		m.add(it)
		return Accepted, nil
	}
	switch {
	case m.policy == Block && m.maxWait > 0:
		m.waiting = append(m.waiting, &waitingItem{item: it, deadline: time.Now().Add(m.maxWait)})
		return waits, nil
	case m.policy == DropOldest, m.policy == DropLowest && m.fitsAfterEviction(&it):
		gone := m.evictFor(&it)
		if m.fits(&it) {
			m.reopen()
			m.add(it)
			return Accepted, gone
		}
		if len(gone) > 0 && m.open != nil && m.open.claims > 0 && len(m.open.items) == 0 {
			open := m.open
			m.seal()
			m.settle(open, false)
		}
		m.reopen()
		return Full, gone
	}
	return Full, nil
}

// evictFor evicts records in favour of another, until it fits or no more can be evicted.
func (m *model) evictFor(it *item) (gone []*item) {
	for !m.fits(it) {
		victim := m.evict(it.level)
		if victim == nil {
			break
		}
		gone = append(gone, victim)
	}
	return gone
}

// evict removes the record that is evicted in favour of one of the level, if there is one.
func (m *model) evict(level uint8) *item {
	var from *group
	var victim *item
	for _, g := range m.groups() {
		for _, it := range g.items {
			if m.policy == DropOldest && it.committed {
				g.remove(m, it)
				return it
			}
			if m.policy == DropLowest {
				if !it.committed {
					break // records behind a gap are not indexed yet
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

// admitWaiters adds the records of waiters as long as they fit.
func (m *model) admitWaiters() {
	for len(m.waiting) > 0 && m.fits(&m.waiting[0].item) {
		w := m.waiting[0]
		m.waiting = m.waiting[1:]
		w.returned, w.verdict = true, Accepted
		m.add(w.item)
	}
	m.expediteByBytes()
}

// releaseWaiters ends the wait of those whose time is up, or of all. If one has waited for
// bytes, the next may fit.
func (m *model) releaseWaiters(all bool) {
	for len(m.waiting) > 0 && (all || !m.waiting[0].deadline.After(time.Now())) {
		w := m.waiting[0]
		m.waiting = m.waiting[1:]
		w.returned, w.verdict = true, Full
		if !all {
			m.admitWaiters()
		}
	}
}

func (m *model) close() {
	if m.open != nil {
		m.seal()
	}
	m.closed = true
	m.releaseWaiters(true)
}

func (m *model) expedite() {
	m.due = m.due || (m.open != nil && m.open.claims > 0)
}

// tick returns the time until the next call, without regard to unused memory.
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
