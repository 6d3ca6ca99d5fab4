package processor

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// blocked returns a processor whose exporter holds one batch of the first records and
// does not return before release, so that records emitted next stay in the queue. The
// bodies continue with body(batch).
func blocked(t *testing.T, capacity, batch int, opts ...Option) (p *Processor, e *exportertest.Exporter, release func()) {
	t.Helper()
	e = exportertest.New()
	release = e.Block()
	p = start(t, e, append([]Option{
		WithMaxQueueSize(capacity), WithExportMaxBatchSize(batch),
		WithExportInterval(time.Hour), WithExportTimeout(time.Hour),
	}, opts...)...)
	emit(p, log.SeverityInfo, bodyRange(0, batch)...)
	if err := e.WaitEntered(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	return p, e, release
}

func TestDropNewestKeepsTheFirst(t *testing.T) {
	for _, capacity := range []int{2, 3, 4, 7, 8} {
		t.Run("capacity="+strconv.Itoa(capacity), func(t *testing.T) {
			p, e, release := blocked(t, capacity, 2)
			emit(p, log.SeverityDebug, bodyRange(2, 2+capacity+5)...)
			if s := p.Stats(); s.Queued != capacity || s.Capacity != capacity || s.InFlight != 2 {
				t.Errorf("%+v, want %d queued", s, capacity)
			}
			wantDropped(t, p, Drop{ReasonQueueFull, log.SeverityDebug, 5})
			release()
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			wantBodies(t, e, bodyRange(0, 2+capacity))
		})
	}
}

func TestDropOldestKeepsTheLast(t *testing.T) {
	for _, capacity := range []int{2, 3, 4, 7, 8} {
		t.Run("capacity="+strconv.Itoa(capacity), func(t *testing.T) {
			p, e, release := blocked(t, capacity, 2, WithOverflow(DropOldest))
			// The oldest records are lost, so their severity is counted.
			emit(p, log.SeverityWarn, bodyRange(2, 2+capacity)...)
			emit(p, log.SeverityDebug, bodyRange(2+capacity, 2+capacity+2)...)
			if s := p.Stats(); s.Queued != capacity || s.InFlight != 2 {
				t.Errorf("%+v, want %d queued", s, capacity)
			}
			wantDropped(t, p, Drop{ReasonQueueFull, log.SeverityWarn, 2})
			release()
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			wantBodies(t, e, append(bodyRange(0, 2), bodyRange(4, 2+capacity+2)...))
		})
	}
}

// As the requirement says: a new record displaces the oldest of the records with the
// lowest severity, if that is below its own; among equals the new record is dropped.
func TestDropLowestDropsTheLeastSevere(t *testing.T) {
	const (
		unspecified = log.SeverityUndefined
		trace       = log.SeverityTrace
		debug       = log.SeverityDebug
		info        = log.SeverityInfo
		warn        = log.SeverityWarn
	)
	for _, tc := range []struct {
		name    string
		queued  []log.Severity // named 2, 3, …: the queue is then full
		more    []log.Severity // named on
		want    []string
		dropped []Drop
	}{
		{
			"among equals the new record",
			[]log.Severity{info, info, info},
			[]log.Severity{info, info},
			[]string{"2", "3", "4"},
			[]Drop{{ReasonQueueFull, info, 2}},
		},
		{
			"one below all",
			[]log.Severity{info, warn, info},
			[]log.Severity{debug},
			[]string{"2", "3", "4"},
			[]Drop{{ReasonQueueFull, debug, 1}},
		},
		{
			"the oldest of the lowest",
			[]log.Severity{info, debug, debug},
			[]log.Severity{warn},
			[]string{"2", "4", "5"},
			[]Drop{{ReasonEvicted, debug, 1}},
		},
		{
			"the lowest, not the oldest below",
			[]log.Severity{debug, info, trace},
			[]log.Severity{warn},
			[]string{"2", "3", "5"},
			[]Drop{{ReasonEvicted, trace, 1}},
		},
		{
			"one after the other",
			[]log.Severity{warn, info, debug},
			[]log.Severity{warn, warn, warn},
			[]string{"2", "5", "6"},
			[]Drop{{ReasonEvicted, debug, 1}, {ReasonEvicted, info, 1}, {ReasonQueueFull, warn, 1}},
		},
		{
			"one that has just come",
			[]log.Severity{warn, warn, debug},
			[]log.Severity{info, warn},
			[]string{"2", "3", "6"},
			[]Drop{{ReasonEvicted, debug, 1}, {ReasonEvicted, info, 1}},
		},
		{
			"unspecified is the lowest",
			[]log.Severity{trace, unspecified, trace},
			[]log.Severity{trace, unspecified},
			[]string{"2", "4", "5"},
			[]Drop{{ReasonEvicted, unspecified, 1}, {ReasonQueueFull, unspecified, 1}},
		},
		{
			"within a range, too",
			[]log.Severity{info + 1, info, info + 2},
			[]log.Severity{info + 1},
			[]string{"2", "4", "5"},
			[]Drop{{ReasonEvicted, info, 1}},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			// Batches of two: the record with the lowest severity is in a full batch, or
			// in the open one.
			p, e, release := blocked(t, 3, 2, WithOverflow(DropLowest), WithFallback(nil))
			for i, s := range append(tc.queued, tc.more...) {
				emit(p, s, body(2+i))
			}
			if s := p.Stats(); s.Queued != 3 {
				t.Errorf("%d queued, want 3", s.Queued)
			}
			wantDropped(t, p, tc.dropped...)
			release()
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			wantBodies(t, e, append(bodyRange(0, 2), tc.want...))
		})
	}
}

// rec is a record of the model.
type rec struct {
	body     string
	severity log.Severity
}

// model is the queue that the requirement describes, in the simplest form: a slice.
type model struct {
	policy   Overflow
	capacity int
	queue    []rec
	dropped  map[Drop]uint64 // Count is 0 in the key
	fallback []string
}

func (m *model) emit(r rec) {
	if len(m.queue) < m.capacity {
		m.queue = append(m.queue, r)
		return
	}
	switch m.policy {
	case DropOldest:
		m.lose(m.queue[0], ReasonQueueFull)
		m.queue = append(m.queue[1:], r)
	case DropLowest:
		lowest := 0
		for i := range m.queue {
			if m.queue[i].severity < m.queue[lowest].severity {
				lowest = i
			}
		}
		if m.queue[lowest].severity >= r.severity {
			m.lose(r, ReasonQueueFull)
			return
		}
		m.lose(m.queue[lowest], ReasonEvicted)
		m.queue = append(slices.Delete(m.queue, lowest, lowest+1), r)
	default:
		m.lose(r, ReasonQueueFull)
	}
}

func (m *model) lose(r rec, why Reason) {
	if r.severity >= log.SeverityError {
		m.fallback = append(m.fallback, r.body)
		return
	}
	m.dropped[Drop{Reason: why, Severity: lowestOf(rangeOf(r.severity))}]++
}

func (m *model) drops() []Drop {
	drops := []Drop{}
	for d, n := range m.dropped {
		d.Count = n
		drops = append(drops, d)
	}
	slices.SortFunc(drops, func(a, b Drop) int {
		return cmp.Or(strings.Compare(string(a.Reason), string(b.Reason)), cmp.Compare(a.Severity, b.Severity))
	})
	return drops
}

// For thousands of records of all severities, with the exporter released now and then,
// the processor does the same as the model.
func TestOverflowIsWhatTheModelDoes(t *testing.T) {
	for _, policy := range []Overflow{DropNewest, DropOldest, DropLowest} {
		for seed := range uint64(20) {
			random := rand.New(rand.NewPCG(seed, 7))
			capacity := 1 + random.IntN(40)
			batch := 1 + random.IntN(capacity)
			t.Run(fmt.Sprintf("%v/capacity=%d/batch=%d", policy, capacity, batch), func(t *testing.T) {
				overflowLikeTheModel(t, policy, capacity, batch, random)
			})
		}
	}
}

func overflowLikeTheModel(t *testing.T, policy Overflow, capacity, batch int, random *rand.Rand) {
	var lines bytes.Buffer
	p, e, release := blocked(t, capacity, batch, WithOverflow(policy), WithFallback(&lines))
	m := &model{policy: policy, capacity: capacity, dropped: map[Drop]uint64{}}
	want := bodyRange(0, batch)
	next := batch
	for range 5 {
		spread := 1 + random.IntN(24) // few severities make many equals, many severities make many evictions
		for range random.IntN(4 * capacity) {
			r := rec{body(next), log.Severity(random.IntN(spread + 1))}
			next++
			emit(p, r.severity, r.body)
			m.emit(r)
			if got := p.Stats().Queued; got != len(m.queue) {
				t.Fatalf("%d queued, want %d", got, len(m.queue))
			}
		}
		wantDropsAndFallback(t, p, m, &lines)
		// All queued records are exported; then one batch is blocked again.
		release()
		if err := p.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, r := range m.queue {
			want = append(want, r.body)
		}
		m.queue = nil
		wantBodies(t, e, want)

		release = e.Block()
		exports := e.Exports()
		held := bodyRange(next, next+batch)
		next += batch
		emit(p, log.SeverityInfo, held...)
		want = append(want, held...)
		if err := e.WaitEntered(t.Context(), exports+1); err != nil {
			t.Fatal(err)
		}
	}
	release()
}

func wantDropsAndFallback(t *testing.T, p *Processor, m *model, lines *bytes.Buffer) {
	t.Helper()
	if got, want := p.Stats().Dropped, m.drops(); !slices.Equal(got, want) {
		t.Fatalf("dropped %v, want %v", got, want)
	}
	p.fallback.Drain(t.Context())
	if got := strings.Count(lines.String(), "\n"); got != len(m.fallback) {
		t.Fatalf("%d lines in the fallback, want %d", got, len(m.fallback))
	}
	for _, b := range m.fallback {
		if !strings.Contains(lines.String(), strconv.Quote(b)) {
			t.Errorf("record %q is not in the fallback", b)
		}
	}
}

// However many goroutines come at once: exactly the capacity is queued, and each of the
// other records is counted.
func TestCapacityIsExactConcurrentSafe(t *testing.T) {
	const goroutines, each, capacity, batch = 8, 200, 100, 7
	for _, policy := range []Overflow{DropNewest, DropOldest, DropLowest} {
		t.Run(policy.String(), func(t *testing.T) {
			p, e, release := blocked(t, capacity, batch, WithOverflow(policy), WithFallback(nil))
			var over atomic.Bool
			var watcher sync.WaitGroup
			watcher.Go(func() {
				for !over.Load() {
					// At no time are there more than that, nor more ends than entries.
					if s := p.Stats(); s.Queued > capacity || s.Exported+s.DroppedTotal() > s.Emitted {
						t.Errorf("%+v, capacity %d", s, capacity)
						return
					}
				}
			})
			var wg sync.WaitGroup
			for g := range goroutines {
				wg.Go(func() {
					for i := range each {
						emit(p, log.Severity(1+i%16), fmt.Sprint(g, " ", i))
					}
				})
			}
			wg.Wait()
			over.Store(true)
			watcher.Wait()
			if s := p.Stats(); s.Queued != capacity || s.DroppedTotal() != goroutines*each-capacity {
				t.Errorf("%+v, want %d queued and %d dropped", s, capacity, goroutines*each-capacity)
			}
			release()
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if got := e.RecordsTaken(); got != capacity+batch {
				t.Errorf("%d exported, want %d", got, capacity+batch)
			}
		})
	}
}

// Under each policy the exported records of one goroutine are in the order in which they
// were emitted.
func TestOrderOfAGoroutineIsKeptConcurrentSafe(t *testing.T) {
	const goroutines, each = 8, 500
	for _, policy := range []Overflow{DropNewest, DropOldest, DropLowest, Block(time.Microsecond), Block(time.Minute)} {
		t.Run(policy.String(), func(t *testing.T) {
			e := exportertest.New()
			p := start(t, e, WithOverflow(policy), WithMaxQueueSize(64), WithExportMaxBatchSize(8), WithFallback(nil))
			var wg sync.WaitGroup
			for g := range goroutines {
				wg.Go(func() {
					for i := range each {
						emit(p, log.Severity(1+(i*7+g)%24), fmt.Sprint(g, " ", i))
					}
				})
			}
			wg.Wait()
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			last := map[int]int{}
			for _, b := range e.Bodies() {
				var g, i int
				if _, err := fmt.Sscan(b, &g, &i); err != nil {
					t.Fatal(err)
				}
				if i++; i <= last[g] {
					t.Fatalf("goroutine %d: record %d was exported after %d", g, i-1, last[g]-1)
				}
				last[g] = i
			}
			if policy == Block(time.Minute) && e.RecordsTaken() != goroutines*each {
				t.Errorf("%d exported, want all %d", e.RecordsTaken(), goroutines*each)
			}
		})
	}
}
