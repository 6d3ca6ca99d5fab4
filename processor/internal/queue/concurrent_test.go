package queue

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"
)

// The tests whose names end in ConcurrentSafe are run many times under the race detector.

// TestQueueConcurrentSafe runs producers, consumers and all other calls at once, closes the
// queue, and accounts for every record.
func TestQueueConcurrentSafe(t *testing.T) {
	for _, procs := range []int{1, 4} {
		for _, p := range policies {
			for _, consumers := range []int{1, 3} {
				t.Run(fmt.Sprintf("procs=%d/%s/consumers=%d", procs, p.name, consumers), func(t *testing.T) {
					defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
					s := newStress(t, Config{Capacity: 70, BatchSize: 16, Policy: p.policy, MaxWait: time.Minute}, consumers)
					s.offerFrom(0, 8)
					s.offered.Wait()
					s.q.Close()
					s.finish(t)
					if p.policy == Block && s.refused.Load() > 0 {
						t.Errorf("%d records refused before their time was up", s.refused.Load())
					}
				})
			}
		}
	}
}

// TestCloseConcurrentSafe closes the queue while producers offer records.
func TestCloseConcurrentSafe(t *testing.T) {
	for _, p := range policies {
		for _, consumers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/consumers=%d", p.name, consumers), func(t *testing.T) {
				s := newStress(t, Config{Capacity: 10, BatchSize: 4, Policy: p.policy, MaxWait: time.Minute}, consumers)
				s.offerFrom(0, 8)
				s.awaitAccepted(500)
				s.q.Close()
				s.finish(t)
			})
		}
	}
}

// TestRemoveConcurrentSafe also removes the remaining batches.
func TestRemoveConcurrentSafe(t *testing.T) {
	for _, p := range policies {
		for _, consumers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/consumers=%d", p.name, consumers), func(t *testing.T) {
				s := newStress(t, Config{Capacity: 40, BatchSize: 4, Policy: p.policy, MaxWait: time.Minute}, consumers)
				s.offerFrom(0, 8)
				s.awaitAccepted(500)
				s.q.Close()
				for _, b := range s.q.Remove() {
					s.removed = append(s.removed, numbersOf(b.Records())...)
					s.q.Discard(b, nil, s.accounting(b))
				}
				s.finish(t)
			})
		}
	}
}

// TestRequeueConcurrentSafe puts batches back, also after a part was settled, during all
// other calls. Then the queue is closed, or closed and emptied.
func TestRequeueConcurrentSafe(t *testing.T) {
	for _, p := range policies {
		for _, consumers := range []int{1, 3} {
			for _, remove := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/consumers=%d/remove=%t", p.name, consumers, remove), func(t *testing.T) {
					s := newRequeueStress(t, Config{Capacity: 30, BatchSize: 8, Policy: p.policy, MaxWait: time.Minute}, consumers)
					s.offerFrom(0, 8)
					if !remove {
						s.offered.Wait()
					} else {
						s.awaitAccepted(500)
					}
					s.q.Close()
					if remove {
						for _, b := range s.q.Remove() {
							s.removed = append(s.removed, numbersOf(b.Records())...)
							s.q.Discard(b, nil, s.accounting(b))
						}
					}
					s.finish(t)
				})
			}
		}
	}
}

// TestSmallestConcurrentSafe uses a queue in which every record fills a batch and the
// queue.
func TestSmallestConcurrentSafe(t *testing.T) {
	for _, p := range policies {
		t.Run(p.name, func(t *testing.T) {
			s := newStress(t, Config{Capacity: 1, BatchSize: 1, Policy: p.policy, MaxWait: time.Minute}, 2)
			s.offerFrom(0, 4)
			s.offered.Wait()
			s.q.Close()
			s.finish(t)
		})
	}
}

// TestNoConsumerConcurrentSafe offers records without a consumer, so that eviction alone
// decides what the queue keeps.
func TestNoConsumerConcurrentSafe(t *testing.T) {
	for _, p := range policies[:3] {
		t.Run(p.name, func(t *testing.T) {
			s := newStress(t, Config{Capacity: 50, BatchSize: 8, Policy: p.policy}, 0)
			s.offerFrom(0, 8)
			s.offered.Wait()
			s.offerFrom(8, 9) // no record is being copied now, which would protect the records behind it
			s.offered.Wait()
			s.q.Snapshot(func(c Counts) {
				if c.Queued != 50 || c.InFlight != 0 {
					t.Errorf("%+v after an overflow", c)
				}
			})
			s.q.Close()
			for _, b := range s.q.Remove() {
				for i := range b.Records() {
					if got := b.Records()[i].Severity(); p.policy == DropLowest && got != stressLevels-1 {
						t.Errorf("a record of level %d was kept in place of higher ones", got)
					}
				}
				s.removed = append(s.removed, numbersOf(b.Records())...)
				s.q.Discard(b, nil, s.accounting(b))
			}
			s.finish(t)
		})
	}
}

// TestBlockTimeoutsConcurrentSafe lets waits end while capacity becomes free.
func TestBlockTimeoutsConcurrentSafe(t *testing.T) {
	s := newStress(t, Config{Capacity: 4, BatchSize: 2, Policy: Block, MaxWait: 20 * time.Microsecond}, 2)
	s.offerFrom(0, 8)
	s.offered.Wait()
	s.q.Close()
	s.finish(t)
}

// TestWakeConcurrentSafe relies on the wake-ups alone: no other goroutine expedites the
// open batch, and every due batch must be handed out. Producers offer again when the last
// batch is settled, which is when a consumer is about to become idle.
func TestWakeConcurrentSafe(t *testing.T) {
	for _, p := range policies {
		for _, consumers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/consumers=%d", p.name, consumers), func(t *testing.T) {
				s := newConsumerStress(Config{Capacity: 12, BatchSize: 4, Policy: p.policy, MaxWait: time.Minute}, consumers)
				for i := range 1000 {
					for producer := range i % 3 {
						s.offered.Go(func() { s.offerSome(producer, 1+i%7) })
					}
					s.offerSome(3, 1+i%5)
					s.awaitEmpty(t)
					s.offered.Wait()
					s.awaitEmpty(t)
				}
				s.q.Close()
				s.ended.Wait()
			})
		}
	}
}

// TestCloseVerdictConcurrentSafe checks that a producer that finds nothing open because the
// queue was just closed does not get Full.
func TestCloseVerdictConcurrentSafe(t *testing.T) {
	for _, p := range policies {
		for range 30 {
			q := New(Config{Capacity: 1 << 16, BatchSize: 32, Policy: p.policy, MaxWait: time.Minute})
			var producers sync.WaitGroup
			for range 3 {
				producers.Go(func() {
					rec := record(0, 9)
					verdict := Accepted
					for n := 0; n < 1<<14 && verdict == Accepted; n++ {
						verdict = q.Offer(&rec, 9)
					}
					if verdict == Full {
						t.Errorf("%s: Full, with capacity for all", p.name)
					}
				})
			}
			runtime.Gosched()
			q.Close()
			producers.Wait()
		}
	}
}

// TestFlushConcurrentSafe checks that when a flush is over, each record accepted before it
// began is settled, or was displaced.
func TestFlushConcurrentSafe(t *testing.T) {
	for _, p := range policies {
		t.Run(p.name, func(t *testing.T) {
			s := newStress(t, Config{Capacity: 40, BatchSize: 8, Policy: p.policy, MaxWait: time.Minute}, 3)
			s.flushAfterOffer = true
			s.offerFrom(0, 8)
			s.offered.Wait()
			s.q.Close()
			s.finish(t)
			for number := range s.unsettled {
				if !s.displaced[number] {
					t.Errorf("record %d was neither settled nor displaced when its flush was over", number)
				}
			}
		})
	}
}
