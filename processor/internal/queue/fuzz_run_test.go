package queue

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// fuzzRun is a queue and the model that it is compared with.
type fuzzRun struct {
	t *testing.T
	q *Queue
	m *model

	keep          uint8
	numbers       int
	held          [3]holding // by consumer
	consumers     [3]*Consumer
	stopped       []preempted
	stoppedItems  []*item
	everSlow      bool
	everRequeued  bool
	stale         *Batch
	displaced     displacements // reported since the last check
	wantDisplaced displacements // expected by the model
	waiting       []*waitingReal
}

type holding struct {
	batch   *Batch
	numbers []int
	groups  []*group
}

// waitingReal is an Offer that, according to the model, has not returned.
type waitingReal struct {
	model   *waitingItem
	verdict atomic.Pointer[Verdict] // nil: it has not returned
}

func newFuzzRun(t *testing.T, cfg Config) *fuzzRun {
	t.Helper()
	r := &fuzzRun{t: t, m: newModel(cfg), keep: cfg.KeepLevel}
	cfg.Displaced = r.displaced.add
	cfg.Overwritten = r.displaced.addOverwritten
	r.q = New(cfg)
	for i := range r.consumers {
		r.consumers[i] = r.q.NewConsumer()
	}
	r.check()
	return r
}

// offer offers the next record by calling put.
func (r *fuzzRun) offer(level uint8, put func(*sdklog.Record, uint8) Verdict) {
	r.t.Helper()
	number := r.numbers
	r.numbers++
	rec := fuzzRecord(number, level)
	want, victims := r.m.offer(item{number: number, level: level, size: fuzzSize(number), committed: true})
	if want == waits {
		w := &waitingReal{model: r.m.waiting[len(r.m.waiting)-1]}
		r.waiting = append(r.waiting, w)
		go func() {
			verdict := put(&rec, level)
			spoil(&rec)
			w.verdict.Store(&verdict)
		}()
		r.sleep(1) // no two of them have the same deadline
		return
	}
	start := time.Now()
	if got := put(&rec, level); got != want {
		r.t.Fatalf("Offer of record %d, level %d = %d, want %d", number, level, got, want)
	}
	if waited := time.Since(start); waited != 0 {
		r.t.Fatalf("Offer waited %v", waited)
	}
	spoil(&rec)
	for _, it := range victims {
		r.wantDisplaced = append(r.wantDisplaced, r.displacement(it))
	}
}

// sleep sleeps, and ends each wait in the model whose time is up by then.
func (r *fuzzRun) sleep(d time.Duration) {
	end := time.Now().Add(d)
	for len(r.m.waiting) > 0 && !r.m.waiting[0].deadline.After(end) {
		time.Sleep(time.Until(r.m.waiting[0].deadline))
		synctest.Wait()
		r.m.releaseWaiters(false)
	}
	time.Sleep(time.Until(end))
	synctest.Wait()
}

// slow claims a slot for a producer that then stops, or lets a stopped one commit.
func (r *fuzzRun) slow(arg int) {
	if arg%2 == 1 {
		if n := len(r.stopped); n > 0 {
			r.commit(arg / 2 % n)
		}
		return
	}
	it := item{number: r.numbers, level: uint8(arg), size: fuzzSize(r.numbers)}
	if r.m.closed || len(r.m.waiting) > 0 || !r.m.fits(&it) {
		return
	}
	p := preempt(r.t, r.q, it.size)
	g := r.m.open
	r.m.offer(it)
	r.numbers++
	r.everSlow = true
	r.stopped = append(r.stopped, p)
	r.stoppedItems = append(r.stoppedItems, g.items[len(g.items)-1])
}

func (r *fuzzRun) commit(i int) {
	it := r.stoppedItems[i]
	rec := fuzzRecord(it.number, it.level)
	r.stopped[i].put(&rec, it.level)
	it.committed = true
	r.stopped = slices.Delete(r.stopped, i, i+1)
	r.stoppedItems = slices.Delete(r.stoppedItems, i, i+1)
}

func (r *fuzzRun) commitAll() {
	for len(r.stopped) > 0 {
		r.commit(0)
	}
}

func (r *fuzzRun) take(consumer int) {
	r.t.Helper()
	r.q.mu.Lock()
	available := len(r.q.ready) > 0 || r.q.due.Load() || r.q.exhaustedLocked()
	r.q.mu.Unlock()
	if available != r.m.available() {
		r.t.Fatalf("a batch is available: %t, want %t", available, r.m.available())
	}
	if !available || r.held[consumer].batch != nil {
		return
	}
	r.commitAll()
	b := r.consumers[consumer].Take()
	if b == nil {
		if !r.m.closed || r.m.queued() > 0 {
			r.t.Fatal("Take returned nil")
		}
		return
	}
	r.held[consumer] = r.taken(b)
	r.m.held++
}

// progress settles the first record of a batch, if it has others.
func (r *fuzzRun) progress(consumer int, fail bool) {
	r.t.Helper()
	h := &r.held[consumer]
	if len(h.numbers) < 2 {
		return
	}
	accounted := 0
	r.consumers[consumer].SettleFirst(h.batch, 1, refusal(fail), func() { accounted++ })
	if accounted != 1 {
		r.t.Fatalf("account called %d times", accounted)
	}
	h.numbers = h.numbers[1:]
	r.m.progress(h.groups, 1, fail)
}

func (r *fuzzRun) requeue(consumer int, fail, progress bool) {
	r.t.Helper()
	h := r.held[consumer]
	if h.batch == nil {
		return
	}
	if progress {
		r.progress(consumer, fail)
		h = r.held[consumer]
	}
	if r.m.removed {
		if _, ok := r.consumers[consumer].Requeue(h.batch, nil, func([]Victim) { r.t.Error("account called") }); ok {
			r.t.Fatal("a batch was put back after Remove")
		}
		return
	}
	var got, want displacements
	accounted := 0
	flushing, ok := r.consumers[consumer].Requeue(h.batch, refusal(fail), func(gone []Victim) {
		accounted++
		for _, v := range gone {
			got.add(v)
		}
	})
	if !ok || accounted != 1 {
		r.t.Fatalf("put back: %t, account called %d times", ok, accounted)
	}
	r.held[consumer] = holding{}
	r.m.held--
	r.everRequeued = true
	for _, it := range r.m.requeue(h.groups, fail) {
		want = append(want, r.displacement(it))
	}
	if flushing && fail {
		r.t.Fatal("a flush waits for a batch that was put back with an error")
	}
	if !slices.Equal(got, want) {
		r.t.Fatalf("%v evicted for %v, want %v", got, h.numbers, want)
	}
}

func refusal(fail bool) error {
	if fail {
		return errors.New("refused")
	}
	return nil
}

// taken compares a batch that left the queue with the model.
func (r *fuzzRun) taken(b *Batch) holding {
	r.t.Helper()
	h := holding{batch: b, numbers: numbersOf(b.Records())}
	h.groups = r.m.take(len(h.numbers))
	var want []int
	for _, g := range h.groups {
		for _, it := range g.items {
			want = append(want, it.number)
		}
	}
	if len(want) == 0 || !slices.Equal(h.numbers, want) {
		r.t.Fatalf("took %v, want %v", h.numbers, want)
	}
	return h
}

func (r *fuzzRun) settle(consumer int, abandon, fail bool) {
	r.t.Helper()
	h := r.held[consumer]
	if h.batch == nil {
		return
	}
	c := r.consumers[consumer]
	end := func(b *Batch, err error, account func()) { c.Settle(b, err, account) }
	if abandon {
		end = c.Abandon
	}
	r.held[consumer] = holding{}
	r.m.held--
	r.finish(h, fail, end)
}

func (r *fuzzRun) finish(h holding, fail bool, end func(*Batch, error, func())) {
	r.t.Helper()
	recs := h.batch.Records()
	if !slices.Equal(numbersOf(recs), h.numbers) {
		r.t.Fatalf("a taken batch was changed to %v from %v", numbersOf(recs), h.numbers)
	}
	for i := range recs {
		if !intact(&recs[i]) {
			r.t.Fatalf("record %d was changed", numberOf(&recs[i]))
		}
	}
	accounted := 0
	end(h.batch, refusal(fail), func() { accounted++ })
	if accounted != 1 {
		r.t.Fatalf("account called %d times", accounted)
	}
	for _, g := range h.groups {
		r.m.settle(g, fail)
	}
	var left []*item
	for _, g := range h.groups {
		left = append(left, g.items...)
	}
	r.m.release(h.groups, left)
}

func (r *fuzzRun) remove() {
	r.t.Helper()
	r.commitAll()
	var out []holding
	r.m.removed = true
	for _, b := range r.q.Remove() {
		out = append(out, r.taken(b))
	}
	if n := r.m.queued(); n > 0 {
		r.t.Fatalf("Remove left %d records", n)
	}
	r.check()
	for _, h := range out {
		r.finish(h, false, r.q.Discard)
	}
}

// end empties the queue, and checks that nothing remains.
func (r *fuzzRun) end() {
	r.t.Helper()
	r.q.Close()
	r.m.close()
	r.check()
	for i := range r.held {
		r.settle(i, false, false)
	}
	for r.m.queued() > 0 {
		r.take(0)
		r.check()
		r.settle(0, false, false)
	}
	r.check()
	if r.consumers[0].Take() != nil {
		r.t.Error("Take returned a batch from an empty, closed queue")
	}
}
