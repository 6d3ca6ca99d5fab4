package queue

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestFlushCovers checks that a flush waits for what is in flight, ready and in the open
// batch, and for no later batch.
func TestFlushCovers(t *testing.T) {
	r := newRig(t, DropNewest, 10, 2)
	r.offer(t, 0, 5, Accepted) // {0 1} {2 3} {4
	inFlight := r.take(t)
	f := r.BeginFlush()
	r.offer(t, 5, 8, Accepted) // {2 3} {4 5} {6 7}
	ready, open := r.NewConsumer(), r.NewConsumer()
	r.consumer.Settle(inFlight, nil, func() {})
	b, c := ready.Take(), open.Take()
	wantNumbers(t, "ready batch", numbersOf(b.Records()), 2, 3)
	wantNumbers(t, "open batch", numbersOf(c.Records()), 4, 5)
	open.Settle(c, nil, func() {})
	if done(f) {
		t.Fatal("the flush is over before its last batch is settled")
	}
	ready.Abandon(b, nil, func() {})
	if !done(f) {
		t.Fatal("the flush waits for a batch it does not cover")
	}
	wantBatches(t, r.takeAll(t), []int{6, 7})
}

// TestFlushExpeditesTheOpenBatch checks that a flush expedites the open batch, which keeps
// taking records until it is taken.
func TestFlushExpeditesTheOpenBatch(t *testing.T) {
	r := newRig(t, DropNewest, 10, 4)
	r.offer(t, 0, 1, Accepted)
	if r.available() {
		t.Fatal("a batch that is neither full nor due is handed out")
	}
	f := r.BeginFlush()
	r.offer(t, 1, 3, Accepted)
	b := r.take(t)
	wantNumbers(t, "batch", numbersOf(b.Records()), 0, 1, 2)
	r.offer(t, 3, 4, Accepted)
	r.consumer.Settle(b, nil, func() {})
	if !done(f) {
		t.Fatal("the flush waits for a batch it does not cover")
	}
	if r.available() {
		t.Error("a flush that is over expedites another batch")
	}
}

func TestFlushOfNothing(t *testing.T) {
	r := newRig(t, DropNewest, 4, 2)
	f := r.BeginFlush()
	if !done(f) || f.Err() != nil {
		t.Errorf("a flush of an empty queue: done %t, %v", done(f), f.Err())
	}
	if r.available() {
		t.Error("an empty batch is handed out")
	}
}

// TestFlushErrors checks that a flush returns the errors of the batches that it covers,
// only the first few of them in full.
func TestFlushErrors(t *testing.T) {
	for _, failures := range []int{0, 1, maxFlushErrors, maxFlushErrors + 2} {
		r := newRig(t, DropNewest, 100, 1)
		r.offer(t, 0, failures+2, Accepted)
		before := r.take(t)
		r.consumer.Settle(before, errors.New("before"), func() {})
		f := r.BeginFlush()
		r.offer(t, 50, 51, Accepted)
		var want []error
		for i := range failures {
			err := fmt.Errorf("export %d", i)
			want = append(want, err)
			r.consumer.Settle(r.take(t), err, func() {})
		}
		r.consumer.Settle(r.take(t), nil, func() {})
		r.consumer.Settle(r.take(t), errors.New("after"), func() {})
		if !done(f) {
			t.Fatal("the flush is not over")
		}
		got := f.Err()
		if (got == nil) != (failures == 0) {
			t.Fatalf("%d exports failed, the flush ended with %v", failures, got)
		}
		for _, err := range want[:min(failures, maxFlushErrors)] {
			if !errors.Is(got, err) {
				t.Errorf("%q is missing in %q", err, got)
			}
		}
		if failures == 0 {
			continue
		}
		lines := strings.Split(got.Error(), "\n")
		last := fmt.Sprintf("and %d more failed exports", failures-maxFlushErrors)
		switch {
		case failures <= maxFlushErrors && len(lines) != failures,
			failures > maxFlushErrors && (len(lines) != maxFlushErrors+1 || lines[maxFlushErrors] != last):
			t.Errorf("the flush ended with %q", lines)
		}
		if again := f.Err(); again.Error() != got.Error() {
			t.Errorf("a second call of Err returns %q", again)
		}
	}
}

// TestFlushesShareABatch checks that the error of a batch reaches every flush that covers
// it.
func TestFlushesShareABatch(t *testing.T) {
	r := newRig(t, DropNewest, 4, 4)
	r.offer(t, 0, 1, Accepted)
	first := r.BeginFlush()
	r.offer(t, 1, 2, Accepted)
	second := r.BeginFlush()
	b := r.take(t)
	third := r.BeginFlush()
	refused := errors.New("refused")
	r.consumer.Settle(b, refused, func() {})
	for i, f := range []*Flush{first, second, third} {
		if !done(f) || !errors.Is(f.Err(), refused) {
			t.Errorf("flush %d: done %t", i, done(f))
		}
	}
}

// TestFlushSurvivesClose checks that batches left when the queue is closed still end the
// flushes that cover them, however they are settled.
func TestFlushSurvivesClose(t *testing.T) {
	r := newRig(t, DropNewest, 6, 2)
	r.offer(t, 0, 5, Accepted)
	f := r.BeginFlush()
	r.Close()
	late := r.BeginFlush()
	b := r.take(t)
	r.consumer.Settle(b, nil, func() {})
	for _, b := range r.Remove() {
		if done(f) || done(late) {
			t.Error("a flush is over before its last batch is settled")
		}
		r.Discard(b, nil, func() {})
	}
	if !done(f) || !done(late) {
		t.Error("a flush waits for an empty queue")
	}
}
