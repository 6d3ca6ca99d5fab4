package processor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/internal/version"
	"github.com/krunchwrapper/asynclog/processor/internal/errortest"
)

const componentType = "github.com/krunchwrapper/asynclog/processor.Processor"

func newReader() (*sdkmetric.ManualReader, Option) {
	reader := sdkmetric.NewManualReader()
	return reader, WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
}

// collect returns the processors' metrics by name; an empty map if there are none.
func collect(t testing.TB, reader *sdkmetric.ManualReader) map[string]metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		t.Error(err)
	}
	found := map[string]metricdata.Metrics{}
	for _, scope := range all.ScopeMetrics {
		if scope.Scope.Name != "github.com/krunchwrapper/asynclog/processor" || scope.Scope.Version != version.Module || scope.Scope.SchemaURL != semconv.SchemaURL {
			t.Errorf("metrics of scope %+v", scope.Scope)
		}
		for _, m := range scope.Metrics {
			found[m.Name] = m
		}
	}
	return found
}

// component returns the attributes of the only processor that has reported.
func component(t testing.TB, metrics map[string]metricdata.Metrics) []attribute.KeyValue {
	t.Helper()
	points := metrics["otel.sdk.processor.log.processed"].Data.(metricdata.Sum[int64]).DataPoints
	name, _ := points[0].Attributes.Value("otel.component.name")
	var n int
	if _, err := fmt.Sscanf(name.AsString(), componentType+"/%d", &n); err != nil {
		t.Errorf("otel.component.name is %q, want %s/<n>", name.AsString(), componentType)
	}
	return []attribute.KeyValue{
		attribute.String("otel.component.type", componentType),
		attribute.String("otel.component.name", fmt.Sprintf("%s/%d", componentType, n)),
	}
}

// sum returns the expected data of an observable instrument: a value for each error type,
// with the component's attributes.
func sum(monotonic bool, component []attribute.KeyValue, values map[string]int64) metricdata.Sum[int64] {
	s := metricdata.Sum[int64]{Temporality: metricdata.CumulativeTemporality, IsMonotonic: monotonic}
	for errorType, n := range values {
		attrs := slices.Clone(component)
		if errorType != "" {
			attrs = append(attrs, attribute.String("error.type", errorType))
		}
		s.DataPoints = append(s.DataPoints, metricdata.DataPoint[int64]{Attributes: attribute.NewSet(attrs...), Value: n})
	}
	return s
}

// checkMetricsBalance checks that the ledger's metrics balance at one collection.
func checkMetricsBalance(t testing.TB, metrics map[string]metricdata.Metrics) {
	t.Helper()
	value := func(name string) (n int64) {
		if data, ok := metrics[name].Data.(metricdata.Sum[int64]); ok {
			for _, p := range data.DataPoints {
				n += p.Value
			}
		}
		return n
	}
	emitted := value("asynclog.processor.emitted")
	var ends int64
	for _, name := range []string{
		"asynclog.processor.filtered", "asynclog.processor.exported", "asynclog.processor.fallback",
		"asynclog.processor.dropped", "otel.sdk.processor.log.queue.size", "asynclog.processor.in_flight",
	} {
		ends += value(name)
	}
	if emitted != ends {
		t.Errorf("the metrics do not balance: %d emitted, %d ends", emitted, ends)
	}
}

// processed returns the values of otel.sdk.processor.log.processed by error type.
func processed(metrics map[string]metricdata.Metrics) map[string]int64 {
	values := map[string]int64{}
	if data, ok := metrics["otel.sdk.processor.log.processed"].Data.(metricdata.Sum[int64]); ok {
		for _, p := range data.DataPoints {
			errorType, _ := p.Attributes.Value("error.type")
			values[errorType.AsString()] += p.Value
		}
	}
	return values
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		reader, withReader := newReader()
		var written bytes.Buffer
		e := exportertest.New()
		p := start(t, e, withReader, WithFallback(&written), WithMaxQueueSize(4), WithExportMaxBatchSize(2),
			WithExportInterval(3*time.Second), WithExportTimeout(time.Hour))
		emit(p, log.SeverityInfo, "taken after the interval")
		time.Sleep(10 * time.Second)
		release := e.Block()
		emit(p, log.SeverityInfo, "a", "b") // held by the exporter
		synctest.Wait()
		emit(p, log.SeverityInfo, "c", "d", "e", "f") // queued
		emit(p, log.SeverityInfo, "g")                // does not fit
		emit(p, log.SeverityError, "h")               // does not fit either, but goes to the fallback
		synctest.Wait()

		got := collect(t, reader)
		names := []string{
			"asynclog.processor.degraded",
			"asynclog.processor.dropped", "asynclog.processor.emitted", "asynclog.processor.exported",
			"asynclog.processor.fallback", "asynclog.processor.filtered", "asynclog.processor.in_flight",
			"asynclog.processor.queue.age",
			"otel.sdk.processor.log.processed", "otel.sdk.processor.log.queue.capacity", "otel.sdk.processor.log.queue.size",
		}
		if found := slices.Sorted(maps.Keys(got)); !slices.Equal(found, names) {
			t.Fatalf("metrics %q, want %q", found, names)
		}
		me := component(t, got)
		least, most := metricdata.NewExtrema(0.0), metricdata.NewExtrema(3.0)
		want := metricdata.ScopeMetrics{
			Scope: instrumentation.Scope{
				Name: "github.com/krunchwrapper/asynclog/processor", Version: version.Module, SchemaURL: semconv.SchemaURL,
			},
			Metrics: []metricdata.Metrics{
				{
					Name:        "otel.sdk.processor.log.queue.size",
					Description: "The number of log records in the queue of a given instance of an SDK log processor.",
					Unit:        "{log_record}",
					Data:        sum(false, me, map[string]int64{"": 4}),
				},
				{
					Name:        "otel.sdk.processor.log.queue.capacity",
					Description: "The maximum number of log records the queue of a given instance of an SDK Log Record processor can hold.",
					Unit:        "{log_record}",
					Data:        sum(false, me, map[string]int64{"": 4}),
				},
				{
					Name:        "otel.sdk.processor.log.processed",
					Description: "The number of log records for which the processing has finished, either successful or failed.",
					Unit:        "{log_record}",
					Data:        sum(true, me, map[string]int64{"": 3, "queue_full": 2}),
				},
				{
					Name:        "asynclog.processor.fallback",
					Description: "The number of log records written to the fallback because they could not be exported.",
					Unit:        "{log_record}",
					Data:        sum(true, me, map[string]int64{"": 1}),
				},
				{
					Name:        "asynclog.processor.emitted",
					Description: "The number of log records handed to the processor.",
					Unit:        "{log_record}",
					Data:        sum(true, me, map[string]int64{"": 9}),
				},
				{
					Name:        "asynclog.processor.filtered",
					Description: "The number of log records below the minimum severity, or logged by an exporter while it exports.",
					Unit:        "{log_record}",
					Data:        sum(true, me, map[string]int64{"": 0}),
				},
				{
					Name:        "asynclog.processor.exported",
					Description: "The number of log records that an exporter has taken.",
					Unit:        "{log_record}",
					Data:        sum(true, me, map[string]int64{"": 1}),
				},
				{
					Name:        "asynclog.processor.in_flight",
					Description: "The number of log records that exporters hold, or that are being written to the fallback.",
					Unit:        "{log_record}",
					Data:        sum(false, me, map[string]int64{"": 2}),
				},
				{
					Name:        "asynclog.processor.dropped",
					Description: "The number of log records lost, or, if error.type is export_timeout, perhaps lost.",
					Unit:        "{log_record}",
					Data: sum(true, append(me, attribute.String("asynclog.severity", "INFO")),
						map[string]int64{"queue_full": 1}),
				},
				{
					Name:        "asynclog.processor.degraded",
					Description: "1 while exports fail and no exporter works, else 0.",
					Unit:        "1",
					Data: metricdata.Gauge[int64]{DataPoints: []metricdata.DataPoint[int64]{{
						Attributes: attribute.NewSet(me...), Value: 0,
					}}},
				},
				{
					Name:        "asynclog.processor.queue.age",
					Description: "How long the oldest log record of a batch had waited when the batch was handed to its exporter.",
					Unit:        "s",
					Data: metricdata.Histogram[float64]{
						Temporality: metricdata.CumulativeTemporality,
						DataPoints: []metricdata.HistogramDataPoint[float64]{{
							Attributes:   attribute.NewSet(me...),
							Count:        2, // the one that waited for the interval, and a full batch
							Sum:          3,
							Bounds:       []float64{.001, .005, .01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
							BucketCounts: []uint64{1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0},
							Min:          least, Max: most,
						}},
					},
				},
			},
		}
		have := metricdata.ScopeMetrics{Scope: want.Scope, Metrics: slices.Collect(maps.Values(got))}
		metricdatatest.AssertEqual(t, want, have, metricdatatest.IgnoreTimestamp())
		release()
	})
}

// Each record that was handed to OnEmit and not filtered is counted once: without
// error.type when an exporter gets it, whatever the result, and with error.type when it
// is lost before, whether or not the fallback saves it.
func TestMetricProcessedCountsEachRecordOnce(t *testing.T) {
	for _, tc := range []struct {
		name string
		opts []Option
		do   func(t *testing.T, p *Processor, e *exportertest.Exporter)
		want map[string]int64
	}{
		{"exported", nil, func(t *testing.T, p *Processor, _ *exportertest.Exporter) {
			emit(p, log.SeverityInfo, "a", "b", "c")
			_ = p.Shutdown(t.Context())
		}, map[string]int64{"": 3}},
		{"filtered", []Option{WithMinSeverity(fixed(log.SeverityWarn))}, func(t *testing.T, p *Processor, _ *exportertest.Exporter) {
			emit(p, log.SeverityInfo, "a", "b", "c")
			_ = p.Shutdown(t.Context())
		}, map[string]int64{"": 0}},
		{"failed, panicked, rejected", []Option{WithExportMaxBatchSize(1)}, func(t *testing.T, p *Processor, e *exportertest.Exporter) {
			e.FailNext(1, errors.New("refused"))
			e.PanicNext(1, "boom")
			e.FailNext(1, errortest.Partial(1, "no"))
			emit(p, log.SeverityInfo, "a", "b")
			emit(p, log.SeverityError, "c", "d")
			_ = p.Shutdown(t.Context())
		}, map[string]int64{"": 4}},
		{"displaced", []Option{WithOverflow(DropOldest)}, func(t *testing.T, p *Processor, e *exportertest.Exporter) {
			release := fill(t, p, e, log.SeverityInfo, log.SeverityError)
			emit(p, log.SeverityInfo, "a", "b", "c")
			release()
			_ = p.Shutdown(t.Context())
		}, map[string]int64{"": 3, "queue_full": 3}},
		{"evicted", []Option{WithOverflow(DropLowest)}, func(t *testing.T, p *Processor, e *exportertest.Exporter) {
			release := fill(t, p, e, log.SeverityInfo, log.SeverityError)
			emit(p, log.SeverityFatal, "a", "b", "c")
			release()
			_ = p.Shutdown(t.Context())
		}, map[string]int64{"": 3, "evicted": 2, "queue_full": 1}},
		{"after Shutdown", nil, func(t *testing.T, p *Processor, _ *exportertest.Exporter) {
			_ = p.Shutdown(t.Context())
			emit(p, log.SeverityInfo, "a")
			emit(p, log.SeverityError, "b", "c")
		}, map[string]int64{"": 0, "already_shutdown": 3}},
		{"at Shutdown's deadline", nil, func(t *testing.T, p *Processor, e *exportertest.Exporter) {
			fill(t, p, e, log.SeverityInfo, log.SeverityError)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_ = p.Shutdown(ctx)
		}, map[string]int64{"": 1, "shutdown_timeout": 2}},
		{"behind an exporter that flushes for ever", nil, func(t *testing.T, p *Processor, e *exportertest.Exporter) {
			// The worker has taken a batch and waits for its turn.
			release := e.BlockForceFlush()
			defer release()
			go func() { _ = p.ForceFlush(t.Context()) }()
			synctest.Wait()
			emit(p, log.SeverityInfo, "a")
			emit(p, log.SeverityError, "b")
			p.ExportNow()
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_ = p.Shutdown(ctx)
		}, map[string]int64{"": 0, "shutdown_timeout": 2}},
		{"synchronous", []Option{WithSynchronous()}, func(t *testing.T, p *Processor, e *exportertest.Exporter) {
			e.FailNext(1, errors.New("refused"))
			emit(p, log.SeverityInfo, "a")
			emit(p, log.SeverityError, "b")
			_ = p.Shutdown(t.Context())
			emit(p, log.SeverityError, "c")
		}, map[string]int64{"": 2, "already_shutdown": 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				reader, withReader := newReader()
				e := exportertest.New()
				var written bytes.Buffer
				p := start(t, e, append([]Option{
					once, withReader, WithFallback(&written), WithMaxQueueSize(2), WithExportMaxBatchSize(2),
					WithExportTimeout(time.Hour), WithOverflow(Block(time.Hour)),
				}, tc.opts...)...)
				tc.do(t, p, e)
				synctest.Wait()
				metrics := collect(t, reader)
				got := processed(metrics)
				if !maps.Equal(got, tc.want) {
					t.Errorf("processed %v, want %v", got, tc.want)
				}
				var all int64
				for _, n := range got {
					all += n
				}
				s := p.Stats()
				if want := int64(s.Emitted - s.Filtered); all != want {
					t.Errorf("%d processed, want %d", all, want)
				}
				if got := metrics["asynclog.processor.fallback"].Data.(metricdata.Sum[int64]).DataPoints[0].Value; got != int64(s.Fallback) {
					t.Errorf("%d to the fallback, want %d", got, s.Fallback)
				}
				checkMetricsBalance(t, metrics)
				if _, ok := metrics["otel.sdk.processor.log.queue.size"]; ok != !p.cfg.synchronous {
					t.Error("a queue is reported that does not exist, or the other way round")
				}
			})
		})
	}
}

// Two processors of a process have names of their own.
func TestMetricComponentNamesAreUnique(t *testing.T) {
	reader, withReader := newReader()
	for range 3 {
		start(t, exportertest.New(), withReader)
	}
	names := map[string]bool{}
	for _, p := range collect(t, reader)["otel.sdk.processor.log.queue.capacity"].Data.(metricdata.Sum[int64]).DataPoints {
		name, _ := p.Attributes.Value("otel.component.name")
		if !strings.HasPrefix(name.AsString(), componentType+"/") {
			t.Errorf("name %q", name.AsString())
		}
		names[name.AsString()] = true
	}
	if len(names) != 3 {
		t.Errorf("names %v, want 3", names)
	}
}

// Collections while everything else goes on: no reading may have more records processed
// than were emitted, and nothing may deadlock.
func TestMetricsConcurrentSafe(t *testing.T) {
	captureErrors(t)
	reader, withReader := newReader()
	p := start(t, exportertest.New(exportertest.WithoutRecords()), withReader, WithFallback(nil),
		WithMaxQueueSize(64), WithExportMaxBatchSize(8), WithOverflow(DropLowest))
	var emitting, collecting sync.WaitGroup
	const goroutines, each = 4, 2000
	for range goroutines {
		emitting.Go(func() {
			for i := range each {
				emit(p, log.Severity(i%25), "x")
			}
		})
	}
	stop := make(chan struct{})
	for range 2 {
		collecting.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				var all int64
				for _, n := range processed(collect(t, reader)) {
					all += n
				}
				if emitted := p.Stats().Emitted; uint64(all) > emitted {
					t.Errorf("%d records processed, %d emitted", all, emitted)
				}
			}
		})
	}
	emitting.Wait()
	_ = p.Shutdown(t.Context())
	close(stop)
	collecting.Wait()
}
