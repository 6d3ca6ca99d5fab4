package processor

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// heldBytes returns the size of the heap after garbage collection.
func heldBytes() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// What a processor holds is bounded, whatever is stuck, however large the records are, and
// whatever the overflow policy is: by the sum that the package's documentation states.
// Nothing is lost without a count.
func TestHeldBytesAreBounded(t *testing.T) {
	const (
		maxQueueBytes = 16 << 20
		queueSize     = 2048
		batchSize     = 512
		recordBytes   = 600 // of a slot
		// The queue, the batch that the worker holds, the fallback, and the fixed part.
		bound = maxQueueBytes + maxQueueBytes + max(16<<20, maxQueueBytes) +
			(3*queueSize+3*batchSize)*recordBytes + 2<<20
	)
	for _, stuck := range []string{"exporter", "fallback", "both"} {
		for _, policy := range []struct {
			name string
			Overflow
		}{{"DropNewest", DropNewest}, {"DropOldest", DropOldest}, {"DropLowest", DropLowest}, {"Block", Block(time.Millisecond)}} {
			for _, size := range []int{100, 1 << 20, 20 << 20} {
				name := fmt.Sprintf("%s stuck, %s, %d bytes", stuck, policy.name, size)
				t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
					captureErrors(t)
					held := make(chan struct{})
					e := exportertest.New(exportertest.WithoutRecords(), exportertest.WithFunc(func(ctx context.Context, _ []sdklog.Record) error {
						if stuck == "fallback" {
							return errors.New("connection refused")
						}
						<-held
						return errors.New("connection refused")
					}))
					w := writerFunc(func(b []byte) (int, error) {
						if stuck != "exporter" {
							<-held
						}
						return len(b), nil
					})
					before := heldBytes()
					p := New(e, WithMaxQueueBytes(maxQueueBytes), WithMaxQueueSize(queueSize), WithExportMaxBatchSize(batchSize),
						WithOverflow(policy.Overflow), WithFallback(w))
					records := map[int]int{100: 6000, 1 << 20: 120, 20 << 20: 12}[size]
					peak := 0
					for i := range records {
						// A text of its own for each, of which nobody else holds a part.
						r := exportertest.Record([]log.Severity{log.SeverityError, log.SeverityFatal, log.SeverityInfo}[i%3], strings.Repeat(string(rune('a'+i%26)), size))
						_ = p.OnEmit(t.Context(), &r)
						if i%(records/4) == records/4-1 {
							peak = max(peak, heldBytes()-before)
						}
					}
					time.Sleep(10 * time.Millisecond) // for an export that fails
					s := p.Stats()
					peak = max(peak, heldBytes()-before)
					if !s.Balanced() || s.Emitted != uint64(records) {
						t.Errorf("%+v is not balanced", s)
					}
					t.Logf("%d records: %d KiB held, of at most %d; queued %d, in flight %d, dropped %d, exported %d, in the fallback's file %d",
						records, peak>>10, bound>>10, s.Queued, s.InFlight, s.DroppedTotal(), s.Exported, s.Fallback)
					if peak > bound {
						t.Errorf("%d bytes are held, want at most %d", peak, bound)
					}
					close(held)
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
					defer cancel()
					_ = p.Shutdown(ctx)
					if s := p.Stats(); !s.Balanced() || s.InFlight != 0 || s.Queued != 0 || s.Fallback+s.DroppedTotal()+s.Exported != uint64(records) {
						t.Errorf("%+v, want each record to have ended", s)
					}
				})
			}
		}
	}
}
