package queue

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// consumerGroup runs consumers on goroutines of their own. Each holds a batch until it is
// released.
type consumerGroup struct {
	r       *rig
	release chan struct{}

	mu    sync.Mutex
	taken [][]int
}

func newConsumerGroup(r *rig, consumers int) *consumerGroup {
	c := &consumerGroup{r: r, release: make(chan struct{})}
	for range consumers {
		consumer := r.NewConsumer()
		go func() {
			for b := consumer.Take(); b != nil; b = consumer.Take() {
				c.mu.Lock()
				c.taken = append(c.taken, numbersOf(b.Records()))
				c.mu.Unlock()
				<-c.release
				consumer.Settle(b, nil, func() {})
			}
		}()
		synctest.Wait() // fixes the order in which they become idle
	}
	return c
}

// want lets the consumers go as far as they can, and checks what they have taken since.
func (c *consumerGroup) want(t *testing.T, batches ...[]int) {
	t.Helper()
	synctest.Wait()
	wantBatches(t, c.taken, batches...)
	c.taken = nil
}

// end releases all consumers and closes the queue.
func (c *consumerGroup) end() {
	close(c.release)
	c.r.Close()
}

// TestWakeOneBatchOneConsumer checks that a full batch wakes one idle consumer, that a
// record before it wakes none, and that the others stay idle.
func TestWakeOneBatchOneConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, DropNewest, 8, 2)
		c := newConsumerGroup(r, 2)
		defer c.end()
		r.offer(t, 0, 1, Accepted)
		c.want(t)
		r.offer(t, 1, 2, Accepted)
		c.want(t, []int{0, 1})
		if n := len(r.idle); n != 1 {
			t.Errorf("%d consumers are idle, want 1", n)
		}
		r.offer(t, 2, 4, Accepted)
		c.want(t, []int{2, 3})
		r.offer(t, 4, 6, Accepted)
		c.want(t) // both are busy
		c.release <- struct{}{}
		c.want(t, []int{4, 5})
	})
}

// TestWakeForTheOpenBatch checks every way to hand out the open batch, with idle and with
// busy consumers.
func TestWakeForTheOpenBatch(t *testing.T) {
	for _, tc := range []struct {
		name string
		ask  func(r *rig)
	}{
		{"Expedite", func(r *rig) { r.Expedite() }},
		{"BeginFlush", func(r *rig) { r.BeginFlush() }},
		{"Close", func(r *rig) { r.Close() }},
		{"Tick", func(r *rig) { r.Tick(r.tail.opened.Add(100), 100) }},
	} {
		t.Run(tc.name+"/idle", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, DropNewest, 8, 4)
				c := newConsumerGroup(r, 3)
				defer c.end()
				r.offer(t, 0, 1, Accepted)
				tc.ask(r)
				c.want(t, []int{0})
			})
		})
		t.Run(tc.name+"/busy", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, DropNewest, 8, 4)
				c := newConsumerGroup(r, 1)
				defer c.end()
				r.offer(t, 0, 4, Accepted)
				c.want(t, []int{0, 1, 2, 3})
				r.offer(t, 4, 5, Accepted)
				tc.ask(r)
				c.want(t)
				c.release <- struct{}{}
				c.want(t, []int{4})
			})
		})
	}
}

// TestWakeForEachBatch checks that one consumer is woken for each full batch, and one for
// the open batch that is due behind them, in any order.
func TestWakeForEachBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, DropNewest, 8, 2)
		c := newConsumerGroup(r, 3)
		defer c.end()
		r.offer(t, 0, 5, Accepted) // {0 1} {2 3} {4
		r.Expedite()
		synctest.Wait()
		if len(c.taken) != 3 {
			t.Errorf("taken %v, want three batches", c.taken)
		}
		if len(r.idle) != 0 {
			t.Errorf("%d consumers are idle", len(r.idle))
		}
	})
}

// TestExpediteAgain checks that a record offered after Expedite joins the batch that a
// consumer is about to take, and that one offered after that can be expedited again.
func TestExpediteAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, DropNewest, 16, 8)
		c := newConsumerGroup(r, 1)
		defer c.end()
		r.offer(t, 0, 2, Accepted) // expedited at once: the consumer is idle, and may come at any time
		r.Expedite()
		r.Expedite()
		c.want(t, []int{0, 1})
		r.offer(t, 2, 3, Accepted)
		r.Expedite()
		r.offer(t, 3, 4, Accepted)
		r.Expedite()
		c.release <- struct{}{}
		c.want(t, []int{2, 3})
		c.release <- struct{}{}
		c.want(t)
		r.Expedite() // there is nothing to expedite
		r.offer(t, 4, 5, Accepted)
		c.want(t)
		r.Expedite()
		c.want(t, []int{4})
	})
}

// TestDueEndsWithItsBatch checks that the next open batch is not due if the one that was
// due has become full.
func TestDueEndsWithItsBatch(t *testing.T) {
	r := newRig(t, DropNewest, 16, 2)
	r.offer(t, 0, 1, Accepted)
	r.Expedite()
	r.offer(t, 1, 3, Accepted)
	b := r.take(t)
	wantNumbers(t, "batch", numbersOf(b.Records()), 0, 1)
	if r.available() {
		t.Error("the batch that became open after Expedite is due")
	}
	r.Expedite()
	r.consumer.Settle(b, nil, func() {})
	wantBatches(t, r.takeAll(t), []int{2})
}

// TestLedgerBalances checks that a snapshot sees a batch's records either in flight or
// accounted for, never both or neither.
func TestLedgerBalances(t *testing.T) {
	r := newRig(t, DropNewest, 4, 2)
	r.offer(t, 0, 4, Accepted)
	b := r.take(t)
	accounted := 0
	r.consumer.Settle(b, nil, func() {
		if r.mu.TryLock() {
			t.Error("account is called outside the mutex")
		}
		accounted = len(b.Records())
	})
	r.Snapshot(func(c Counts) {
		if uint64(accounted+c.Queued+c.InFlight) != c.Admitted {
			t.Errorf("%+v and %d records accounted for", c, accounted)
		}
	})
	b = r.take(t)
	r.consumer.Abandon(b, nil, func() {
		if r.mu.TryLock() {
			t.Error("account is called outside the mutex")
		}
	})
	r.wantCounts(t, Counts{Admitted: 4})
}

// TestWakeOrder checks that consumers that have WakeLast set are woken only when no other
// is idle, and take turns.
func TestWakeOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, DropNewest, 8, 1)
		defer r.Close()
		var took []string
		settle := make(map[string]chan struct{})
		start := func(name string, last bool) {
			c := r.NewConsumer()
			c.WakeLast = last
			release := make(chan struct{})
			settle[name] = release
			go func() {
				for b := c.Take(); b != nil; b = c.Take() {
					took = append(took, name)
					<-release
					c.Settle(b, nil, func() {})
				}
			}()
			synctest.Wait()
		}
		offer := func(want ...string) {
			t.Helper()
			took = nil
			for n := range want {
				r.offer(t, n, n+1, Accepted)
				synctest.Wait()
			}
			if !slices.Equal(took, want) {
				t.Errorf("batches were taken by %v, want %v", took, want)
			}
			for _, name := range want {
				settle[name] <- struct{}{}
				synctest.Wait()
			}
		}
		start("late 1", true)
		start("late 2", true)
		offer("late 1")
		offer("late 2")
		offer("late 1")
		start("early 1", false)
		offer("early 1")
		offer("early 1")
		offer("early 1", "late 2", "late 1")
		start("early 2", false)
		offer("early 2", "early 1")
		offer("early 1", "early 2", "late 2")
	})
}
