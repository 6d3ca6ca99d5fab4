package flushtimer

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// startTimer starts a timer for a queue, and a consumer that counts the batches: atomically,
// because a timer that wakes the consumer orders nothing after the reads of the test. They end
// with the test.
func startTimer(t *testing.T, interval time.Duration) (*queue.Queue, *Timer, *atomic.Int64) {
	t.Helper()
	q := queue.New(queue.Config{Capacity: 1000, BatchSize: 100})
	timer := New(q, interval)
	go timer.Run()
	batches := new(atomic.Int64)
	c := q.NewConsumer()
	go func() {
		for b := c.Take(); b != nil; b = c.Take() {
			batches.Add(1)
			c.Settle(b, nil, func() {})
		}
	}()
	t.Cleanup(func() {
		timer.Stop()
		q.Close()
		synctest.Wait()
	})
	return q, timer, batches
}

func offer(q *queue.Queue) {
	r := exportertest.Record(log.SeverityError, "x")
	q.Offer(&r, 0)
}

func TestPartialBatchIsFlushedAtTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, _, batches := startTimer(t, time.Minute)
		offer(q)
		time.Sleep(time.Minute - time.Nanosecond)
		synctest.Wait()
		if n := batches.Load(); n != 0 {
			t.Errorf("%d batches before the interval has passed", n)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := batches.Load(); n != 1 {
			t.Errorf("%d batches, want 1", n)
		}
	})
}

func TestCriticalRecordsAreFlushedAtOnceUpToTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, timer, batches := startTimer(t, time.Hour)
		critical := func() {
			offer(q)
			timer.Critical()
			synctest.Wait()
		}
		for range CriticalBurst + 10 {
			critical()
		}
		if n := batches.Load(); n != CriticalBurst {
			t.Errorf("%d batches at once, want %d", n, CriticalBurst)
		}
		time.Sleep(CriticalWindow)
		synctest.Wait()
		if n := batches.Load(); n != CriticalBurst+1 {
			t.Errorf("%d batches after the window, want %d", n, CriticalBurst+1)
		}
		critical()
		if n := batches.Load(); n != CriticalBurst+2 {
			t.Errorf("%d batches in the next window, want %d", n, CriticalBurst+2)
		}
	})
}
