package processor

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// emitInto emits n records of the severity.
func emitInto(p *Processor, n int, severity log.Severity) {
	r := exportertest.Record(severity, "a message")
	for range n {
		_ = p.OnEmit(context.Background(), &r)
	}
}

// However many records have displaced others without the mutex, every snapshot counts
// each of them.
func TestDropOldestIsExact(t *testing.T) {
	e := exportertest.New(exportertest.WithoutRecords())
	release := e.Block()
	p := start(t, e, WithOverflow(DropOldest), WithMaxQueueSize(100), WithExportMaxBatchSize(16), WithExportInterval(time.Hour))
	t.Cleanup(release)
	const info, warn = 500, 300
	for i := range info {
		emitInto(p, 1, log.SeverityInfo)
		if i == 15 { // a full batch, which is taken before others come
			if err := e.WaitEntered(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
		}
		if s := p.Stats(); i%7 == 0 && (!s.Balanced() || s.Emitted != uint64(i+1)) {
			t.Fatalf("after %d records: %+v", i+1, s)
		}
	}
	emitInto(p, warn, log.SeverityWarn)
	s := p.Stats()
	if !s.Balanced() || s.Emitted != info+warn || s.Queued != 100 || s.InFlight > 16 {
		t.Errorf("%+v", s)
	}
	if n := s.DroppedTotal(); n != info+warn-uint64(s.Queued+s.InFlight) {
		t.Errorf("%d dropped of %d, with %d queued and %d in flight", n, info+warn, s.Queued, s.InFlight)
	}
	for _, d := range s.Dropped {
		if d.Reason != ReasonQueueFull || (d.Severity == log.SeverityInfo && d.Count != info-uint64(s.InFlight)) {
			t.Errorf("%+v", d)
		}
	}
}

// The hook gets every displaced record, and soon.
func TestDropOldestIsReportedToTheHook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New(exportertest.WithoutRecords())
		release := e.Block()
		var l dropLog
		p := start(t, e, WithOverflow(DropOldest), WithMaxQueueSize(100), WithExportMaxBatchSize(16), WithDropHook(l.hook))
		t.Cleanup(release)
		for _, n := range []int{140, 1, 5, 300, 16} {
			emitInto(p, n, log.SeverityInfo)
			time.Sleep(2 * time.Second) // more than an interval
			synctest.Wait()
			wantReported(t, &l, p)
		}
	})
}

// A collection counts all records that were displaced before it.
func TestDropOldestIsInTheMetrics(t *testing.T) {
	e := exportertest.New(exportertest.WithoutRecords())
	release := e.Block()
	reader := metric.NewManualReader()
	p := start(t, e, WithOverflow(DropOldest), WithMaxQueueSize(100), WithExportMaxBatchSize(16), WithExportInterval(time.Hour),
		WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader))))
	t.Cleanup(release)
	emitInto(p, 150, log.SeverityInfo)
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	var lost int64
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok || m.Name != "otel.sdk.processor.log.processed" {
				continue
			}
			for _, point := range sum.DataPoints {
				if _, failed := point.Attributes.Value("error.type"); failed {
					lost += point.Value
				}
			}
		}
	}
	if s := p.Stats(); lost != int64(s.DroppedTotal()) || lost == 0 {
		t.Errorf("%d records lost in the metrics, %d in the ledger", lost, s.DroppedTotal())
	}
}

// Goroutines displace each other's records while others take snapshots, and all records
// are accounted for.
func TestDropOldestConcurrentSafe(t *testing.T) {
	e := exportertest.New(exportertest.WithoutRecords())
	release := e.Block()
	p := start(t, e, WithOverflow(DropOldest), WithMaxQueueSize(64), WithExportMaxBatchSize(16), WithFallback(nil))
	t.Cleanup(release)
	const goroutines, records = 8, 500
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range records {
				severity := log.SeverityInfo
				if i%50 == g {
					severity = log.SeverityError
				}
				emitInto(p, 1, severity)
				if s := p.Stats(); i%20 == 0 && s.DroppedTotal()+uint64(s.Queued+s.InFlight) > s.Emitted {
					t.Errorf("more ends than entries: %+v", s)
				}
			}
		})
	}
	wg.Wait()
	if s := p.Stats(); !s.Balanced() || s.Emitted != goroutines*records || s.Queued != 64 {
		t.Errorf("%+v", s)
	}
}
