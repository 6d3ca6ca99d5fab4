package flushtimer

import (
	"time"

	"github.com/krunchwrapper/asynclog/processor/internal/queue"
	"github.com/krunchwrapper/asynclog/processor/internal/ratelimit"
)

const (
	// CriticalBurst is how many critical records are exported at once, each as soon as
	// it comes, within one CriticalWindow.
	CriticalBurst = 32
	// CriticalWindow is the longest time for which a critical record waits for others.
	CriticalWindow = 100 * time.Millisecond
)

// Timer runs the queue's periodic work: it flushes a partial batch when the interval
// ends or a critical record arrives, preallocates the next batch, and frees unused
// memory. It wakes up once an interval; the workers sleep until there is a batch to
// export.
type Timer struct {
	queue    *queue.Queue
	interval time.Duration
	stop     chan struct{}
	done     chan struct{} // closed when Run has returned

	// early limits how often critical records flush the open batch. In a burst of
	// errors, and even more if it is the exporter that logs them, every export would
	// otherwise contain one record.
	early    *ratelimit.Limiter
	postpone chan struct{} // capacity 1: a critical record was above the limit
}

// New returns a timer for the queue. Run starts it.
func New(q *queue.Queue, interval time.Duration) *Timer {
	return &Timer{
		queue:    q,
		interval: interval,
		stop:     make(chan struct{}),
		done:     make(chan struct{}),
		early:    ratelimit.New(CriticalBurst, CriticalBurst, CriticalWindow),
		postpone: make(chan struct{}, 1),
	}
}

// Critical flushes the open batch for a critical record that the queue has accepted: now
// or, in a burst of critical records, within the CriticalWindow. It does not block, and
// is safe for concurrent use.
func (t *Timer) Critical() {
	if t.queue.Due() {
		return // an earlier record has requested the flush
	}
	if t.early.Allow(time.Now()) {
		t.queue.Expedite()
		return
	}
	select {
	case t.postpone <- struct{}{}:
	default:
	}
}

// Run works until Stop is called.
func (t *Timer) Run() {
	defer close(t.done)
	timer := time.NewTimer(t.interval)
	defer timer.Stop()
	var postponed <-chan time.Time
	for {
		select {
		case <-t.postpone:
			if postponed == nil {
				postponed = time.After(CriticalWindow)
			}
		case <-postponed:
			postponed = nil
			t.queue.Expedite()
		case now := <-timer.C:
			timer.Reset(t.queue.Tick(now, t.interval))
		case <-t.queue.WantsSpare():
			t.queue.Prepare()
			timer.Reset(t.queue.Tick(time.Now(), t.interval))
		case <-t.stop:
			return
		}
	}
}

// Stop stops the timer and waits until Run has returned. It is called once.
func (t *Timer) Stop() {
	close(t.stop)
	<-t.done
}
