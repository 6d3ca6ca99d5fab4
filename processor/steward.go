package processor

import (
	"time"

	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// steward keeps the queue's house: it has partial batches exported when the
// interval is over or critical records have come, sees to it that the next batch is allocated before it is
// needed, and gives memory back. It wakes once an interval; workers sleep until
// there is something to export.
type steward struct {
	queue    *queue.Queue
	interval time.Duration
	stop     chan struct{}
	done     chan struct{}

	pace  pace
	later chan struct{} // capacity 1: a critical record was not exported at once
}

func newSteward(q *queue.Queue, interval time.Duration) *steward {
	return &steward{
		queue:    q,
		interval: interval,
		stop:     make(chan struct{}),
		done:     make(chan struct{}),
		later:    make(chan struct{}, 1),
	}
}

// critical has a critical record, which the queue has taken, exported now, or, in
// a storm of them, within an expediteWindow.
func (s *steward) critical() {
	if s.queue.Due() {
		return // it will be, with one that came before
	}
	if s.pace.allow(time.Now()) {
		s.queue.Expedite()
		return
	}
	select {
	case s.later <- struct{}{}:
	default:
	}
}

func (s *steward) run() {
	defer close(s.done)
	timer := time.NewTimer(s.interval)
	defer timer.Stop()
	var late <-chan time.Time
	for {
		select {
		case <-s.later:
			if late == nil {
				late = time.After(expediteWindow)
			}
		case <-late:
			late = nil
			s.queue.Expedite()
		case now := <-timer.C:
			timer.Reset(s.queue.Tick(now, s.interval))
		case <-s.queue.WantsSpare():
			s.queue.Prepare()
			timer.Reset(s.queue.Tick(time.Now(), s.interval))
		case <-s.stop:
			return
		}
	}
}

// end stops the steward and waits until it has.
func (s *steward) end() {
	close(s.stop)
	<-s.done
}
