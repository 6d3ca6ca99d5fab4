package queue

import (
	"slices"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// record returns a record that is identified by its number.
func record(number int, level uint8, attrs ...attribute.KeyValue) sdklog.Record {
	r := exportertest.Record(log.Severity(level), "", attrs...)
	r.SetBody(attribute.IntValue(number))
	return r
}

func numberOf(r *sdklog.Record) int { return int(r.Body().AsInt64()) }

func numbersOf(recs []sdklog.Record) []int {
	var out []int
	for i := range recs {
		out = append(out, numberOf(&recs[i]))
	}
	return out
}

// displacement is a displaced record as the queue reported it.
type displacement struct {
	level  uint8
	number int // -1: the record was not kept
}

// displacements collects the displaced records that a queue reports. It is for one
// goroutine.
type displacements []displacement

func (d *displacements) add(v Victim) { *d = append(*d, displacementOf(v)) }

func (d *displacements) addOverwritten(v Victim, n int) {
	for range n {
		*d = append(*d, displacement{level: v.Level, number: -1})
	}
}

func displacementOf(v Victim) displacement {
	d := displacement{level: v.Level, number: -1}
	if v.Record != nil {
		d.number = numberOf(v.Record)
	}
	return d
}

// rig is a queue under test with a consumer, for tests that run on one goroutine except for
// producers that wait.
type rig struct {
	*Queue
	consumer  *Consumer
	displaced displacements
}

// newRig returns a queue that keeps every displaced record. Its invariants are checked when
// the test ends.
func newRig(t *testing.T, policy Policy, capacity, batchSize int) *rig {
	t.Helper()
	return newRigOf(t, Config{Capacity: capacity, BatchSize: batchSize, Policy: policy})
}

func newRigOf(t *testing.T, cfg Config) *rig {
	t.Helper()
	r := &rig{}
	cfg.Displaced = r.displaced.add
	cfg.Overwritten = r.displaced.addOverwritten
	r.Queue = New(cfg)
	r.consumer = r.NewConsumer()
	t.Cleanup(func() { checkInvariants(t, r.Queue) })
	return r
}

// offer offers records of level 9 with the numbers from … to-1.
func (r *rig) offer(t *testing.T, from, to int, want Verdict) {
	t.Helper()
	for n := from; n < to; n++ {
		r.offerLevel(t, n, 9, want)
	}
}

func (r *rig) offerLevel(t *testing.T, number int, level uint8, want Verdict) {
	t.Helper()
	rec := record(number, level)
	if got := r.Offer(&rec, level); got != want {
		t.Fatalf("Offer of record %d, level %d = %d, want %d", number, level, got, want)
	}
}

// offerAny offers a record that may be refused.
func (r *rig) offerAny(number int) Verdict {
	rec := record(number, 9)
	return r.Offer(&rec, 9)
}

// available reports whether Take would return at once.
func (r *rig) available() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.ready) > 0 || r.due.Load() || r.exhaustedLocked()
}

// take takes a batch, and fails the test if there is none.
func (r *rig) take(t *testing.T) *Batch {
	t.Helper()
	if !r.available() {
		t.Fatal("there is no batch to take")
	}
	return r.consumer.Take()
}

// takeAll returns the numbers of all queued records, batch by batch.
func (r *rig) takeAll(t *testing.T) [][]int {
	t.Helper()
	var out [][]int
	for r.Expedite(); r.available(); r.Expedite() {
		b := r.consumer.Take()
		if b == nil {
			break
		}
		out = append(out, numbersOf(b.Records()))
		r.consumer.Settle(b, nil, func() {})
	}
	return out
}

func (r *rig) wantCounts(t *testing.T, want Counts) {
	t.Helper()
	r.Snapshot(func(got Counts) {
		if got.Reserved != r.reserved {
			t.Errorf("Snapshot: %+v, want %d reserved", got, r.reserved)
		}
		got.Reserved = want.Reserved // the tests of Reserved check it themselves
		if got != want {
			t.Errorf("Snapshot: %+v, want %+v", got, want)
		}
	})
}

func (r *rig) wantDisplaced(t *testing.T, want ...displacement) {
	t.Helper()
	if !slices.Equal(r.displaced, want) {
		t.Errorf("displaced %v, want %v", r.displaced, want)
	}
	r.displaced = nil
}

func wantNumbers(t *testing.T, what string, got []int, want ...int) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func wantBatches(t *testing.T, got [][]int, want ...[]int) {
	t.Helper()
	if !slices.EqualFunc(got, want, slices.Equal[[]int]) {
		t.Errorf("batches %v, want %v", got, want)
	}
}

// done reports whether a flush is over.
func done(f *Flush) bool {
	select {
	case <-f.Done():
		return true
	default:
		return false
	}
}

// preempted is a producer that was stopped after it had claimed a slot and before it wrote
// its record.
type preempted struct {
	batch *Batch
	slot  uint32
	newcomer
}

// preempt claims a slot, and bytes, as [Queue.Offer] does under the mutex.
func preempt(t *testing.T, q *Queue, size int) preempted {
	t.Helper()
	q.lock()
	defer q.mu.Unlock()
	n := newcomer{size: size}
	b, slot, ok := q.admitLocked(&n)
	if !ok {
		t.Fatal("no slot to claim")
	}
	q.reopenLocked()
	return preempted{b, slot, n}
}

func (r *rig) preempt(t *testing.T) preempted {
	t.Helper()
	return preempt(t, r.Queue, 0)
}

// put lets the producer write its record.
func (p preempted) put(rec *sdklog.Record, level uint8) {
	n := p.newcomer
	n.rec, n.level = rec, level
	p.batch.put(p.slot, &n)
}

func (p preempted) commit(number int, level uint8) {
	rec := record(number, level)
	p.put(&rec, level)
}
