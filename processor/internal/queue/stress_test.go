package queue

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

const (
	stressRecords = 400 // by each producer
	stressLevels  = 7
)

// stress is a queue on which all operations run at once.
type stress struct {
	q          *Queue
	offered    sync.WaitGroup // producers
	ended      sync.WaitGroup // consumers
	stop       chan struct{}  // ends the background calls
	background sync.WaitGroup

	flushAfterOffer bool // producers flush now and then
	requeueSome     bool // consumers put batches back now and then, and settle some in parts

	settled     [1 << 16]atomic.Bool // by number
	count       atomic.Int64         // accepted
	refused     atomic.Int64
	accounted   uint64 // settled; guarded by the queue's mutex
	evicted     uint64 // in favour of a batch that was put back; guarded by the queue's mutex
	overwritten uint64 // evicted in an overwrite window; guarded by the queue's mutex
	counted     uint64 // evicted without a copy, in a window or not; guarded by the queue's mutex
	removed     []int

	mu        sync.Mutex
	accepted  map[int]bool
	displaced map[int]bool // displaced
	unsettled map[int]bool // not settled when their flush was over
	taken     [][]int      // by consumer, in its order
}

// stressNumber returns the number of the n-th record of a producer.
func stressNumber(producer, n int) int { return producer<<12 | n }

// newConsumerStress returns a queue with consumers and no background calls.
func newConsumerStress(cfg Config, consumers int) *stress {
	s := newIdleStress(cfg, consumers)
	s.startConsumers()
	return s
}

// newIdleStress is newConsumerStress with consumers that are not started.
func newIdleStress(cfg Config, consumers int) *stress {
	s := &stress{
		stop:      make(chan struct{}),
		accepted:  make(map[int]bool),
		displaced: make(map[int]bool),
		unsettled: make(map[int]bool),
		taken:     make([][]int, consumers),
	}
	if cfg.Displaced == nil {
		cfg.Displaced = func(Victim) {}
	}
	s.q = New(cfg)
	return s
}

func (s *stress) startConsumers() {
	for i := range s.taken {
		s.ended.Go(func() { s.consume(s.q.NewConsumer(), &s.taken[i]) })
	}
}

func (s *stress) offer(r *sdklog.Record, level uint8) Verdict {
	if s.q.bytes != nil {
		return s.q.OfferSized(r, level, fuzzSize(numberOf(r)))
	}
	return s.q.Offer(r, level)
}

// offerSome offers records and expedites them.
func (s *stress) offerSome(producer, n int) {
	for i := range n {
		rec := record(stressNumber(producer, i), 9)
		s.offer(&rec, 9)
	}
	s.q.Expedite()
}

func newStress(t *testing.T, cfg Config, consumers int) *stress {
	t.Helper()
	return startStress(t, cfg, consumers, false)
}

// newRequeueStress is newStress with consumers that put batches back.
func newRequeueStress(t *testing.T, cfg Config, consumers int) *stress {
	t.Helper()
	return startStress(t, cfg, consumers, true)
}

func startStress(t *testing.T, cfg Config, consumers int, requeue bool) *stress {
	t.Helper()
	var s *stress
	if cfg.KeepLevel > 0 {
		cfg.Overwritten = func(v Victim, n int) {
			if v.Level >= cfg.KeepLevel || n <= 0 {
				t.Errorf("%d records of level %d were overwritten", n, v.Level)
			}
			s.overwritten += uint64(n)
			s.counted += uint64(n)
		}
	}
	cfg.Displaced = func(v Victim) {
		if v.Record == nil {
			s.q.mu.Lock()
			defer s.q.mu.Unlock()
			s.counted++
			return
		}
		number := numberOf(v.Record)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.displaced[number] || int(v.Level) != int(v.Record.Severity()) {
			t.Errorf("record %d was displaced twice, or not at level %d", number, v.Level)
		}
		s.displaced[number] = true
	}
	s = newIdleStress(cfg, consumers)
	s.requeueSome = requeue
	s.startConsumers()
	s.startBackground(t)
	return s
}

func (s *stress) consume(c *Consumer, taken *[]int) {
	for b := c.Take(); b != nil; b = c.Take() {
		if s.requeueSome && s.requeue(c, b, taken) {
			continue
		}
		*taken = append(*taken, numbersOf(b.Records())...)
		if len(*taken)%3 == 0 {
			runtime.Gosched()
		}
		c.Settle(b, nil, s.accounting(b))
	}
}

// requeue settles some of the batch's records, or puts it back, or both, and reports
// whether it was put back. No batch is put back more than three times.
func (s *stress) requeue(c *Consumer, b *Batch, taken *[]int) bool {
	runtime.Gosched()
	n := numberOf(&b.Records()[0])
	if k := n % 5; k < len(b.Records()) {
		recs := b.Records()[:k]
		*taken = append(*taken, numbersOf(recs)...)
		c.SettleFirst(b, k, nil, s.accountingOf(recs))
	}
	if b.Retry.Attempts >= 3 || n%2 == 0 {
		return false
	}
	b.Retry.Attempts++
	_, ok := c.Requeue(b, nil, func(gone []Victim) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i := range gone {
			if gone[i].Record != nil {
				s.displaced[numberOf(gone[i].Record)] = true
			} else {
				s.counted++
			}
		}
		s.evicted += uint64(len(gone))
	})
	return ok
}

// accounting returns a function that accounts for a settled batch.
func (s *stress) accounting(b *Batch) func() { return s.accountingOf(b.Records()) }

func (s *stress) accountingOf(recs []sdklog.Record) func() {
	return func() {
		for i := range recs {
			s.settled[numberOf(&recs[i])].Store(true)
		}
		s.accounted += uint64(len(recs))
	}
}

// offerFrom starts the producers from … to-1. Each offers its records in order.
func (s *stress) offerFrom(from, to int) {
	for producer := from; producer < to; producer++ {
		s.offered.Go(func() {
			var accepted []int
			for n := range stressRecords {
				number := stressNumber(producer, n)
				level := uint8(n % stressLevels)
				rec := fuzzRecord(number, level)
				switch s.offer(&rec, level) {
				case Accepted:
					accepted = append(accepted, number)
					s.count.Add(1)
				default:
					s.refused.Add(1)
				}
				spoil(&rec)
				if level == stressLevels-1 && n%3 == 0 {
					s.q.Expedite()
				}
				if s.flushAfterOffer && n%16 == producer {
					s.flush(accepted)
				}
				if n%8 == 0 {
					runtime.Gosched()
				}
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, number := range accepted {
				s.accepted[number] = true
			}
		})
	}
}

// flush checks that a flush is over only when the records are settled. Those that are not
// may have been displaced, which is reported later.
func (s *stress) flush(accepted []int) {
	f := s.q.BeginFlush()
	<-f.Done()
	for _, number := range accepted {
		if !s.settled[number].Load() {
			s.mu.Lock()
			s.unsettled[number] = true
			s.mu.Unlock()
		}
	}
}

// awaitAccepted waits until about n records were accepted.
func (s *stress) awaitAccepted(n int64) {
	for i := 0; s.count.Load() < n && i < 10_000; i++ {
		time.Sleep(10 * time.Microsecond)
		if s.count.Load()+s.refused.Load() > 4*n {
			return
		}
	}
}

// awaitEmpty waits until consumers have settled all records.
func (s *stress) awaitEmpty(t *testing.T) {
	t.Helper()
	for start := time.Now(); ; runtime.Gosched() {
		var c Counts
		s.q.Snapshot(func(got Counts) { c = got })
		if c.Queued == 0 && c.InFlight == 0 {
			return
		}
		if time.Since(start) > 10*time.Second {
			t.Fatalf("consumers sleep with %+v", c)
		}
	}
}

// startBackground starts the calls that are neither those of producers nor of consumers.
func (s *stress) startBackground(t *testing.T) {
	t.Helper()
	for _, f := range []func(){
		func() { s.q.Expedite() },
		func() { s.q.BeginFlush() },
		func() { s.q.Tick(time.Now().Add(time.Hour), time.Minute) },
		func() {
			select {
			case <-s.q.WantsSpare():
				s.q.Prepare()
			default:
			}
		},
		func() { checkInvariants(t, s.q) },
		func() { s.checkSnapshot(t) },
	} {
		s.background.Go(func() {
			for {
				select {
				case <-s.stop:
					return
				default:
					f()
					time.Sleep(50 * time.Microsecond)
				}
			}
		})
	}
}
