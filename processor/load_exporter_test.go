package processor

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// loadTimeout is the export timeout of the load test.
const loadTimeout = 10 * time.Millisecond

// loadBehaviors are the exporters of the load test, until they are healed.
var loadBehaviors = map[string]func(context.Context, []sdklog.Record) error{
	"fast": func(context.Context, []sdklog.Record) error { return nil },
	"slow": func(context.Context, []sdklog.Record) error {
		time.Sleep(3 * time.Millisecond)
		return nil
	},
	"failing": func(context.Context, []sdklog.Record) error {
		time.Sleep(time.Millisecond)
		switch x := rand.IntN(100); {
		case x < 30:
			return errAway
		case x < 40:
			return errors.New("strange")
		case x < 45:
			panic("boom")
		}
		return nil
	},
	"hanging": func(ctx context.Context, _ []sdklog.Record) error {
		switch x := rand.IntN(20); {
		case x == 0:
			<-ctx.Done()
			return ctx.Err()
		case x == 1: // delivers late
			<-ctx.Done()
			time.Sleep(loadTimeout)
		}
		return nil
	},
	"dead": func(context.Context, []sdklog.Record) error { return errAway },
	"poisoned": func(_ context.Context, recs []sdklog.Record) error {
		for i := range recs {
			if loadID(&recs[i])%97 == 3 {
				return errors.New("bad record")
			}
		}
		return nil
	},
}

// loadExporter behaves as its field says, until it is healed, and keeps account of what it
// takes.
type loadExporter struct {
	behave func(context.Context, []sdklog.Record) error
	healed atomic.Bool
	active atomic.Int32

	mu       sync.Mutex
	taken    map[int64]int   // how often, by ID
	last     map[int64]int64 // the last record of each goroutine
	disorder int             // records that came after a later one of the same goroutine
	parallel int
	gaps     uint64
	lost     uint64 // what the gap records say
	saved    uint64
	mixed    int // gap records that were not alone
}

func newLoadExporter(behave func(context.Context, []sdklog.Record) error) *loadExporter {
	return &loadExporter{behave: behave, taken: map[int64]int{}, last: map[int64]int64{}}
}

func (e *loadExporter) Export(ctx context.Context, recs []sdklog.Record) error {
	parallel := e.active.Add(1) > 1
	defer e.active.Add(-1)
	if !e.healed.Load() {
		if err := e.behave(ctx, recs); err != nil {
			return err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if parallel {
		e.parallel++
	}
	for i := range recs {
		if recs[i].EventName() == gapEvent {
			e.takeGapLocked(&recs[i], len(recs))
			continue
		}
		id := loadID(&recs[i])
		e.taken[id]++
		g, n := id>>32, id&0xffffffff
		if n <= e.last[g] {
			e.disorder++
		}
		e.last[g] = n
	}
	return nil
}

func (e *loadExporter) takeGapLocked(r *sdklog.Record, batch int) {
	e.gaps++
	if batch > 1 {
		e.mixed++
	}
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		switch kv.Key {
		case gapLost:
			e.lost += uint64(kv.Value.AsInt64())
		case gapSaved:
			e.saved += uint64(kv.Value.AsInt64())
		}
		return true
	})
}

func (*loadExporter) ForceFlush(context.Context) error { return nil }
func (*loadExporter) Shutdown(context.Context) error   { return nil }

// check checks what holds for one exporter. It returns how many records were taken.
func (e *loadExporter) check(t testing.TB, ordered bool) (taken uint64) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, n := range e.taken {
		if n > 1 {
			t.Errorf("record %d/%d was taken %d times", id>>32, id&0xffffffff, n)
		}
		taken += uint64(n)
	}
	if ordered && e.disorder > 0 {
		t.Errorf("%d records came after a later one of their goroutine", e.disorder)
	}
	if e.parallel > 0 {
		t.Errorf("%d exports at the same time as another", e.parallel)
	}
	if e.mixed > 0 {
		t.Errorf("%d gap records in a batch with others", e.mixed)
	}
	return taken
}

// loadID returns the ID of the record: the goroutine in the upper half, the number in the
// lower. That of a gap record is 0.
func loadID(r *sdklog.Record) int64 {
	if r.Body().Type() != attribute.INT64 {
		return 0
	}
	return r.Body().AsInt64()
}
