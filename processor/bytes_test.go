package processor

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/size"
)

// ofSize returns a body that makes a record of n bytes.
func ofSize(t testing.TB, s log.Severity, n int) string {
	t.Helper()
	empty := exportertest.Record(s, "")
	text := strings.Repeat("x", n-size.Record(&empty))
	for range 8 { // the size of the length depends on the length
		r := exportertest.Record(s, text)
		over := size.Record(&r) - n
		if over == 0 {
			return text
		}
		text = strings.Repeat("x", len(text)-over)
	}
	t.Fatalf("no record of %d bytes", n)
	return ""
}

// sized returns a processor with a capacity of ten records of 100 bytes, whose exporter
// is blocked with two other records.
func sized(t *testing.T, opts ...Option) (p *Processor, e *exportertest.Exporter, release func()) {
	t.Helper()
	p, e, release = blocked(t, 1000, 2, append([]Option{WithMaxQueueBytes(1000)}, opts...)...)
	t.Cleanup(release)
	if s := p.Stats(); s.QueuedBytes != 0 || s.CapacityBytes != 1000 || s.InFlight != 2 {
		t.Fatalf("%+v, want the first records in flight and their bytes free", s)
	}
	return p, e, release
}

func TestQueueIsBoundedByBytes(t *testing.T) {
	for _, tc := range []struct {
		overflow Overflow
		queued   int
		dropped  []Drop
	}{
		{DropNewest, 10, []Drop{{ReasonQueueFull, log.SeverityWarn, 1}}},
		{DropOldest, 8, []Drop{{ReasonQueueFull, log.SeverityInfo, 3}}},
		{DropLowest, 8, []Drop{{ReasonEvicted, log.SeverityInfo, 3}}},
		{Block(time.Millisecond), 10, []Drop{{ReasonQueueFull, log.SeverityWarn, 1}}},
	} {
		t.Run(tc.overflow.String(), func(t *testing.T) {
			p, e, release := sized(t, WithOverflow(tc.overflow))
			for range 10 {
				emit(p, log.SeverityInfo, ofSize(t, log.SeverityInfo, 100))
			}
			wantDropped(t, p)
			emit(p, log.SeverityWarn, ofSize(t, log.SeverityWarn, 250))
			wantDropped(t, p, tc.dropped...)
			if s := p.Stats(); s.Queued != tc.queued || s.QueuedBytes > 1000 || !s.Balanced() {
				t.Errorf("%+v, want %d queued", s, tc.queued)
			}
			release()
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if s := p.Stats(); s.QueuedBytes != 0 || e.RecordsTaken() != 2+tc.queued {
				t.Errorf("%+v, want all exported", s)
			}
		})
	}
}

// A record that is larger than the queue never fits, and displaces nothing.
func TestRecordLargerThanTheQueue(t *testing.T) {
	for _, o := range []Overflow{DropNewest, DropOldest, DropLowest, Block(time.Hour)} {
		var written bytes.Buffer
		p, _, release := sized(t, WithOverflow(o), WithFallback(&written))
		emit(p, log.SeverityInfo, "queued")
		emit(p, log.SeverityWarn, ofSize(t, log.SeverityWarn, 1001))
		emit(p, log.SeverityError, ofSize(t, log.SeverityError, 1001))
		wantDropped(t, p, Drop{ReasonRecordTooLarge, log.SeverityWarn, 1})
		release()
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if s := p.Stats(); s.Fallback != 1 || s.Exported != 3 || written.Len() < 900 {
			t.Errorf("%v: %+v, want the critical one in the fallback", o, s)
		}
	}
}

// A few large records use up the bytes long before they fill a batch. The batch is
// exported then: an exporter that is free must not wait for the interval while records
// are lost, or their callers wait.
func TestBatchOfFewLargeRecordsIsExported(t *testing.T) {
	for _, o := range []Overflow{DropNewest, DropOldest, DropLowest, Block(time.Second)} {
		t.Run(o.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := start(t, exportertest.New(), WithMaxQueueBytes(1000), WithExportInterval(time.Hour), WithOverflow(o))
				for range 100 {
					emit(p, log.SeverityInfo, ofSize(t, log.SeverityInfo, 100))
					synctest.Wait()
				}
				wantDropped(t, p)
				begun := time.Now()
				if o.String() == Block(time.Second).String() { // which only fit after that batch is exported
					emit(p, log.SeverityInfo, ofSize(t, log.SeverityInfo, 400), ofSize(t, log.SeverityInfo, 1000))
				}
				wantDropped(t, p)
				if took := time.Since(begun); took > 0 {
					t.Errorf("callers waited for %v", took)
				}
			})
		})
	}
}

// Without the option bytes are not counted.
func TestBytesAreOptIn(t *testing.T) {
	for _, n := range []int{0, -1} {
		p, _, release := blocked(t, 4, 2, WithMaxQueueBytes(n))
		emit(p, log.SeverityInfo, strings.Repeat("x", 10_000))
		if s := p.Stats(); s.Queued != 1 || s.QueuedBytes != 0 || s.CapacityBytes != 0 {
			t.Errorf("%+v, want no bytes", s)
		}
		release()
	}
}

// The bytes of a batch that waits for a retry count in the queue, and they are reserved
// for it during the retry.
func TestBytesOfABatchThatIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		e := exportertest.New(exportertest.WithDelay(time.Second))
		p := start(t, e, WithMaxQueueBytes(1000), WithExportMaxBatchSize(4), WithExportTimeout(time.Minute))
		e.FailNext(2, syscall.ECONNREFUSED)
		for range 4 {
			emit(p, log.SeverityInfo, ofSize(t, log.SeverityInfo, 100))
		}
		synctest.Wait()
		if s := p.Stats(); s.QueuedBytes != 0 || s.InFlight != 4 {
			t.Errorf("%+v in the first attempt, want no bytes queued", s)
		}
		time.Sleep(time.Second + time.Millisecond)
		if s := p.Stats(); s.QueuedBytes != 400 || s.Queued != 4 {
			t.Errorf("%+v between attempts, want 400 bytes queued", s)
		}
		time.Sleep(time.Second)
		if s := p.Stats(); s.QueuedBytes != 0 || s.InFlight != 4 {
			t.Errorf("%+v in the second attempt, want no bytes queued", s)
		}
		emit(p, log.SeverityInfo, ofSize(t, log.SeverityInfo, 601)) // 400 are reserved
		wantDropped(t, p, Drop{ReasonQueueFull, log.SeverityInfo, 1})
		emit(p, log.SeverityInfo, ofSize(t, log.SeverityInfo, 600))
		if err := p.ForceFlush(t.Context()); err != nil {
			t.Log(err) // it may have seen the second failure
		}
		time.Sleep(time.Minute)
		if s := p.Stats(); s.Exported != 5 || s.QueuedBytes != 0 || s.DroppedTotal() != 1 {
			t.Errorf("%+v, want the others exported", s)
		}
	})
}

// A queue is also under pressure if few bytes are left.
func TestPressureOfBytes(t *testing.T) {
	p, _, release := sized(t, WithPressure(PressureConfig{}))
	for range 7 {
		emit(p, log.SeverityInfo, ofSize(t, log.SeverityInfo, 100))
	}
	if !enabled(p, log.SeverityDebug) {
		t.Error("held back at 70 %")
	}
	emit(p, log.SeverityInfo, ofSize(t, log.SeverityInfo, 100))
	if enabled(p, log.SeverityDebug) {
		t.Error("not held back at 80 %")
	}
	release()
	if err := p.ForceFlush(t.Context()); err != nil {
		t.Error(err)
	}
	if !enabled(p, log.SeverityDebug) {
		t.Error("held back by an empty queue")
	}
}

func TestBytesConcurrentSafe(t *testing.T) {
	for _, o := range []Overflow{DropNewest, DropOldest, DropLowest, Block(time.Minute)} {
		t.Run(fmt.Sprint(o), func(t *testing.T) {
			p := start(t, exportertest.New(exportertest.WithoutRecords()), WithMaxQueueBytes(2000), WithExportMaxBatchSize(16),
				WithOverflow(o), WithFallback(nil))
			var callers sync.WaitGroup
			for g := range 8 {
				callers.Go(func() {
					for i := range 300 {
						emit(p, log.Severity(i%25), strings.Repeat("x", (i*7+g)%200))
						if s := p.Stats(); s.QueuedBytes < 0 || s.QueuedBytes > 2000 {
							t.Errorf("%d bytes queued", s.QueuedBytes)
						}
					}
				})
			}
			callers.Wait()
			if err := p.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if s := p.Stats(); s.QueuedBytes != 0 {
				t.Errorf("%+v, want no bytes left", s)
			}
		})
	}
}
