package queue

import (
	"testing"
	"testing/synctest"
	"time"
)

// tickLoop calls Tick at the times that Tick returns, for the duration.
func (r *rig) tickLoop(interval, duration time.Duration) {
	end := time.Now().Add(duration)
	for next := interval; ; {
		if left := time.Until(end); left < next {
			time.Sleep(left)
			return
		}
		time.Sleep(next)
		next = r.Tick(time.Now(), interval)
	}
}

// TestTickBoundsWaiting checks that a record waits at most for the interval, at whatever
// time between two ticks it was offered.
func TestTickBoundsWaiting(t *testing.T) {
	const interval = 10 * time.Second
	for offset := time.Duration(0); offset <= 2*interval; offset += interval / 4 {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, DropNewest, 8, 2)
			go r.tickLoop(interval, 10*interval)
			time.Sleep(offset)
			synctest.Wait()
			for n := range 5 {
				r.offer(t, n, n+1, Accepted)
				if r.available() { // full
					b := r.take(t)
					r.consumer.Settle(b, nil, func() {})
					continue
				}
				for waited := time.Duration(0); !r.available(); waited += time.Second {
					if waited > interval {
						t.Fatalf("offset %v: record %d waits for longer than %v", offset, n, interval)
					}
					time.Sleep(time.Second)
					synctest.Wait()
				}
				b := r.take(t)
				r.consumer.Settle(b, nil, func() {})
			}
			time.Sleep(20 * interval)
		})
	}
}

// TestTickExactly checks that the interval counts from the time at which the batch may have
// got its first record, and that a batch without records is not handed out.
func TestTickExactly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const interval = time.Minute
		r := newRig(t, DropNewest, 8, 4)
		tick := func(want time.Duration, available bool) {
			t.Helper()
			if got := r.Tick(time.Now(), interval); got != want || r.available() != available {
				t.Errorf("Tick = %v, a batch is available: %t, want %v, %t", got, r.available(), want, available)
			}
		}
		time.Sleep(interval)
		tick(interval, false) // nothing is queued
		r.offer(t, 0, 1, Accepted)
		time.Sleep(interval - 1)
		tick(1, false)
		time.Sleep(time.Nanosecond)
		tick(interval, true)
		tick(interval, true) // it was not taken yet
		b := r.take(t)
		r.offer(t, 1, 2, Accepted)
		time.Sleep(interval / 2)
		tick(interval/2, false)
		r.consumer.Settle(b, nil, func() {})
		r.offer(t, 2, 9, Accepted) // {1 2 3 4} {5 6 7 8}
		r.Close()
		tick(interval, true)
	})
}

// TestTickReturnsTrimInterval checks that the next tick comes soon, whatever the interval
// is, if there is memory to free.
func TestTickReturnsTrimInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, DropNewest, 8, 2)
		r.offer(t, 0, 8, Accepted)
		if got := r.Tick(time.Now(), time.Hour); got != time.Hour {
			t.Errorf("Tick = %v with no memory to free", got)
		}
		r.takeAll(t)
		if got := r.Tick(time.Now(), time.Hour); got != trimInterval {
			t.Errorf("Tick = %v with %d free batches, want %v", got, len(r.free), trimInterval)
		}
		if got := r.Tick(time.Now(), time.Millisecond); got != time.Millisecond {
			t.Errorf("Tick = %v, want the interval, which is shorter than %v", got, trimInterval)
		}
	})
}
