package processor

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/errortest"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// chaosTimeout is the export timeout of the chaos tests. Exporters exceed it on purpose,
// by up to twice of it, and sometimes by more.
const chaosTimeout = 2 * time.Millisecond

// chaosExporter does everything that an exporter can do, at random, and keeps a receipt
// for each call: the records that the receiver behind it has accepted.
type chaosExporter struct {
	*exportertest.Exporter
	calls sync.WaitGroup // under way; an abandoned call ends late

	mu       sync.Mutex
	random   *rand.Rand
	receipts [][]string // for each call that has ended, the bodies that were accepted
}

func newChaosExporter(seed, n uint64) *chaosExporter {
	c := &chaosExporter{random: rand.New(rand.NewPCG(seed, n))}
	c.Exporter = exportertest.New(exportertest.WithFunc(c.export), exportertest.WithDeafness())
	return c
}

func (c *chaosExporter) export(ctx context.Context, records []sdklog.Record) error {
	c.calls.Add(1)
	defer c.calls.Done()
	c.mu.Lock()
	what, some := c.random.IntN(100), c.random.IntN(len(records)+2)
	late := chaosTimeout + time.Duration(c.random.Int64N(int64(2*chaosTimeout)))
	if c.random.IntN(4) == 0 {
		late += 2 * usercode.CancelTimeout // so that Shutdown abandons it
	}
	c.mu.Unlock()

	taken := 0 // how many of the first records
	defer func() {
		receipt := make([]string, taken)
		for i := range receipt {
			receipt[i] = records[i].Body().AsString()
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.receipts = append(c.receipts, receipt)
	}()
	take := func() error {
		taken = len(records)
		return nil
	}
	switch {
	case what < 4:
		return errors.New("refused")
	case what < 6: // the error does not say for which record
		return &errortest.HTTP{Code: 400}
	case what < 7:
		return &errortest.HTTP{Code: 401}
	case what < 12:
		return &errortest.HTTP{Code: 503}
	case what < 15:
		panic("boom")
	case what < 18:
		runtime.Goexit()
		return nil
	case what < 25: // rejects some, or none, or claims to reject more than it was sent
		taken = max(0, len(records)-some)
		return errortest.Partial(int64(some), "quota")
	case what < 29: // hangs until its context ends
		<-ctx.Done()
		return ctx.Err()
	case what < 31: // ignores the deadline, and fails
		time.Sleep(late)
		return errors.New("refused late")
	case what < 34: // ignores the deadline, and delivers
		time.Sleep(late)
		return take()
	case what < 50:
		time.Sleep(chaosTimeout / 4)
		return take()
	default:
		return take()
	}
}

// taken returns the receipts when no call is under way any more.
func (c *chaosExporter) taken() [][]string {
	c.calls.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.receipts
}

// chaosWriter is a fallback writer that fails sometimes, and keeps the bodies of the
// lines that it wrote.
type chaosWriter struct {
	random *rand.Rand // Write is never called concurrently

	mu    sync.Mutex
	lines [][]byte
}

func (w *chaosWriter) Write(line []byte) (int, error) {
	switch w.random.IntN(20) {
	case 0:
		return 0, errors.New("disk full")
	case 1:
		panic("writer")
	case 2:
		runtime.Goexit()
	case 3:
		return len(line) / 2, nil
	case 4:
		time.Sleep(chaosTimeout / 10)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, append([]byte(nil), line...))
	return len(line), nil
}
