package processor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

const (
	chaosGoroutines = 16
	chaosEach       = 120
	chaosMinimum    = log.SeverityTrace3
)

// Everything that can go wrong goes wrong, at random and at the same time: exporters that
// fail, for all kinds of reasons, panic, hang, end their goroutine, are late or reject a
// part; a fallback that fails; flushes and a shutdown while 16 goroutines log. In the end
// every record is accounted for, and the account is true.
func TestChaosConcurrentSafe(t *testing.T) {
	captureErrors(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	// Enough time for Shutdown in one half of the runs, too little in the other.
	deadlines := []time.Duration{chaosTimeout / 2, time.Minute}
	run := int(seed % 2)
	for _, overflow := range []Overflow{DropNewest, DropOldest, DropLowest, Block(chaosTimeout)} {
		for _, exporters := range []int{1, 3} {
			t.Run(fmt.Sprintf("overflow=%v/exporters=%d", overflow, exporters), func(t *testing.T) {
				newChaos(t, seed, exporters, WithOverflow(overflow)).run(deadlines[(run+exporters/2)%2])
			})
		}
		run++
	}
	t.Run("synchronous", func(t *testing.T) {
		newChaos(t, seed, 1, WithSynchronous()).run(deadlines[run%2])
	})
}

// chaos is one run.
type chaos struct {
	*testing.T
	seed      uint64
	p         *Processor
	exporters []*chaosExporter
	writer    *chaosWriter
	emitted   atomic.Int64
	severity  [chaosGoroutines][chaosEach]log.Severity
}

func newChaos(t *testing.T, seed uint64, exporters int, opts ...Option) *chaos {
	t.Helper()
	c := &chaos{T: t, seed: seed, writer: &chaosWriter{random: rand.New(rand.NewPCG(seed, 1000))}}
	all := []sdklog.Exporter{}
	for i := range exporters {
		e := newChaosExporter(seed, uint64(2000+i))
		c.exporters = append(c.exporters, e)
		all = append(all, e.Exporter)
	}
	c.p = start(t, all[0], append(opts,
		WithExporters(all[1:]...), WithFallback(c.writer), WithMinSeverity(fixed(chaosMinimum)),
		WithMaxQueueSize(64), WithExportMaxBatchSize(8),
		WithExportInterval(chaosTimeout), WithExportTimeout(chaosTimeout),
		WithRetry(RetryConfig{InitialInterval: chaosTimeout / 20, MaxInterval: chaosTimeout, MaxElapsedTime: 4 * chaosTimeout}))...)
	return c
}

func (c *chaos) run(deadline time.Duration) {
	c.Helper()
	var emitting, watching sync.WaitGroup
	for g := range chaosGoroutines {
		emitting.Go(func() { c.emit(g) })
	}
	stop := make(chan struct{})
	for _, f := range []func(){c.look, c.flush, func() { c.p.ExportNow(); time.Sleep(chaosTimeout / 10) }} {
		watching.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					f()
				}
			}
		})
	}
	for c.emitted.Load() < chaosGoroutines*chaosEach/2 {
		time.Sleep(chaosTimeout / 10)
	}
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	begun := time.Now()
	err := c.p.Shutdown(ctx)
	if took := time.Since(begun); took > 10*time.Second {
		c.Errorf("shutdown took %v", took)
	}
	var lost *ShutdownError
	if errors.As(err, &lost) && lost.Total() > c.p.Stats().DroppedTotal() {
		c.Errorf("%v, of %d in all", err, c.p.Stats().DroppedTotal())
	}
	emitting.Wait()
	close(stop)
	watching.Wait()
	c.p.fallback.Drain(context.Background())
	c.Logf("Shutdown had %v", deadline)
	c.check(deadline)
}

// emit logs the goroutine's records, slowly enough for the exporters to get a chance.
func (c *chaos) emit(g int) {
	random := rand.New(rand.NewPCG(c.seed, uint64(g)))
	for i := range chaosEach {
		s := log.Severity(random.IntN(25))
		c.severity[g][i] = s
		// An exporter may end the goroutine on which it is called.
		done := make(chan struct{})
		go func() {
			defer close(done)
			emit(c.p, s, fmt.Sprintf("%d/%d", g, i))
		}()
		<-done
		c.emitted.Add(1)
		switch random.IntN(4) {
		case 0:
			time.Sleep(time.Duration(random.Int64N(int64(chaosTimeout))))
		case 1:
			runtime.Gosched()
		}
	}
}

// look checks what holds at any time.
func (c *chaos) look() {
	s := c.p.Stats()
	if ends := s.Filtered + s.Exported + s.Fallback + s.DroppedTotal(); ends > s.Emitted {
		c.Errorf("%d records have ended, %d were emitted: %+v", ends, s.Emitted, s)
	}
	if s.Queued > s.Capacity && s.Capacity > 0 || s.Queued < 0 || s.InFlight < 0 {
		c.Errorf("impossible: %+v", s)
	}
	time.Sleep(chaosTimeout / 50)
}

func (c *chaos) flush() {
	ctx, cancel := context.WithTimeout(context.Background(), chaosTimeout)
	defer cancel()
	_ = c.p.ForceFlush(ctx)
}

// check compares the ledger with what exporters and fallback have.
func (c *chaos) check(deadline time.Duration) {
	c.Helper()
	receipts := make([][][]string, len(c.exporters))
	for i, e := range c.exporters {
		receipts[i] = e.taken()
	}
	s := c.p.Stats() // after the late calls have returned, which must change nothing
	if s.Emitted != chaosGoroutines*chaosEach || !s.Balanced() || s.Queued != 0 || s.InFlight != 0 {
		c.Errorf("the ledger does not balance: %+v", s)
	}

	found := map[string]string{} // the place of each body
	late := map[string]bool{}    // accepted by a call that Shutdown had abandoned
	for i, calls := range receipts {
		where := fmt.Sprintf("exporter %d", i)
		var taken uint64
		for _, bodies := range calls {
			taken += uint64(len(bodies))
			for _, b := range bodies {
				if found[b] != "" {
					c.Errorf("%s is at %s and %s", b, found[b], where)
				}
				found[b] = where
			}
		}
		if counted := s.Exporters[i].Exported; counted != taken {
			last := calls[len(calls)-1]
			if counted+uint64(len(last)) != taken || deadline > time.Second {
				c.Errorf("%s took %d records, %d are counted as exported; the last batch was %d", where, taken, counted, len(last))
			}
			for _, b := range last {
				late[b] = true
			}
		}
	}
	if got := uint64(len(found) - len(late)); got != s.Exported {
		c.Errorf("%d records taken, %d counted as exported", got, s.Exported)
	}
	// Shutdown may have given up a line that was being written, and was written in the
	// end.
	lines, twice := c.fallback(found, late)
	copies := int(s.FallbackCopies)
	extra := lines - copies - int(s.Fallback)
	if extra != 0 && (extra != 1 || deadline > time.Second) {
		c.Errorf("%d more lines written than are counted", extra)
	}
	if twice > copies {
		c.Errorf("%d records are in two places, %d were copied", twice, copies)
	}
	for b := range late {
		if found[b] != "fallback" {
			delete(found, b) // it has arrived, and is counted as perhaps lost
		}
	}
	// A record that was copied and is in no other place is counted as dropped.
	c.checkMissing(s, found, extra+copies-twice)
	if len(c.exporters) == 1 {
		c.checkOrder(slices.Concat(receipts[0]...))
	}
	for _, d := range s.Dropped {
		if d.Reason == ReasonShutdownTimeout && deadline > time.Second {
			c.Errorf("%d records timed out, the shutdown did not", d.Count)
		}
	}
}

// fallback adds the lines of the fallback to found. It returns their number, without
// those of the processor's own records, and how many are of records that are in another
// place, too.
func (c *chaos) fallback(found map[string]string, late map[string]bool) (lines, twice int) {
	c.Helper()
	c.writer.mu.Lock()
	defer c.writer.mu.Unlock()
	for _, line := range c.writer.lines {
		var r struct {
			EventName string
			Severity  log.Severity
			Body      struct{ Value string }
		}
		if err := json.Unmarshal(line, &r); err != nil {
			c.Errorf("%v: %q", err, line)
		}
		if r.EventName != "" {
			continue
		}
		lines++
		// A late one may have been copied, and later written to the fallback because it
		// was lost.
		if where := found[r.Body.Value]; where == "fallback" || where != "" && !late[r.Body.Value] {
			twice++
		}
		if r.Severity < log.SeverityError {
			c.Errorf("%s of severity %v is in the fallback", r.Body.Value, r.Severity)
		}
		found[r.Body.Value] = "fallback"
	}
	return lines, twice
}

// checkMissing checks that the records which are in no place are those that are counted
// as filtered or dropped, for each severity; except for those that were written and are
// counted as dropped all the same.
func (c *chaos) checkMissing(s Stats, found map[string]string, written int) {
	c.Helper()
	var missing [severityRanges]int
	filtered := 0
	for g := range chaosGoroutines {
		for i := range chaosEach {
			severity := c.severity[g][i]
			_, ok := found[fmt.Sprintf("%d/%d", g, i)]
			switch {
			case severity != 0 && severity < chaosMinimum:
				filtered++
				if ok {
					c.Errorf("%d/%d was to be filtered", g, i)
				}
			case !ok:
				missing[rangeOf(severity)]++
			}
		}
	}
	if filtered != int(s.Filtered) {
		c.Errorf("%d filtered, want %d", s.Filtered, filtered)
	}
	unknown := 0 // rejected from a batch of several severities
	for _, d := range s.Dropped {
		if d.Reason == ReasonRejected && d.Severity == 0 {
			unknown += int(d.Count)
		} else {
			missing[rangeOf(d.Severity)] -= int(d.Count)
		}
	}
	var less, more int
	for _, n := range missing {
		less, more = less+max(n, 0), more+max(-n, 0)
	}
	// A line that was written, and is counted as dropped, hides a rejected record
	// of its severity.
	if less-more != unknown-written || more > written {
		c.Errorf("%d records are missing and not counted as dropped, of %d; %d the other way round, of %d; by severity: %v; %+v",
			less, unknown, more, written, missing, s)
	}
}

// checkOrder checks that the records of each goroutine are in the order in which it
// emitted them.
func (c *chaos) checkOrder(taken []string) {
	c.Helper()
	var next [chaosGoroutines]int
	for _, b := range taken {
		var g, i int
		if _, err := fmt.Sscanf(b, "%d/%d", &g, &i); err != nil {
			c.Fatal(err)
		}
		if i < next[g] {
			c.Errorf("%s came after %d/%d", b, g, next[g]-1)
		}
		next[g] = i + 1
	}
}
