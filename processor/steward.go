package processor

import (
	"time"

	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// steward keeps the queue's house: it has partial batches exported when the
// interval is over, sees to it that the next batch is allocated before it is
// needed, and gives memory back. It wakes once an interval; workers sleep until
// there is something to export.
type steward struct {
	queue    *queue.Queue
	interval time.Duration
	stop     chan struct{}
	done     chan struct{}
}

func newSteward(q *queue.Queue, interval time.Duration) *steward {
	return &steward{queue: q, interval: interval, stop: make(chan struct{}), done: make(chan struct{})}
}

func (s *steward) run() {
	defer close(s.done)
	timer := time.NewTimer(s.interval)
	defer timer.Stop()
	for {
		select {
		case now := <-timer.C:
			timer.Reset(s.queue.Tick(now, s.interval))
		case <-s.queue.WantsSpare():
			s.queue.Prepare()
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
