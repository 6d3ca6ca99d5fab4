package processor

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/observ"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// A MeterProvider may have several readers, and a callback does not know which of them
// calls it. Each gets the final figures, however long after Shutdown the first of them
// comes. Later the provider holds nothing of the processor.
func TestEveryReaderCollectsTheFinalFigures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := sdkmetric.NewManualReader(), sdkmetric.NewManualReader()
		provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(first), sdkmetric.WithReader(second))
		p := start(t, exportertest.New(), WithMeterProvider(provider))
		emit(p, log.SeverityInfo, "a")
		_ = p.ForceFlush(t.Context())
		for range 3 { // any number of times before
			if got := processed(collect(t, first)); !maps.Equal(got, map[string]int64{"": 1}) {
				t.Errorf("processed %v, want 1", got)
			}
		}
		emit(p, log.SeverityInfo, "b")
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		emit(p, log.SeverityInfo, "late")
		time.Sleep(time.Hour)
		want := map[string]int64{"": 2, "already_shutdown": 1}
		for range 2 {
			if got := processed(collect(t, first)); !maps.Equal(got, want) {
				t.Errorf("the first reader: processed %v, want %v", got, want)
			}
		}
		time.Sleep(observ.FinalPeriod - time.Second)
		if got := processed(collect(t, second)); !maps.Equal(got, want) {
			t.Errorf("the second reader: processed %v, want %v", got, want)
		}
		time.Sleep(time.Second)
		for range 3 { // the first of them at once
			for _, reader := range []*sdkmetric.ManualReader{first, second} {
				for name, m := range collect(t, reader) {
					if _, ok := m.Data.(metricdata.Histogram[float64]); !ok {
						t.Errorf("%s was collected again: %+v", name, m.Data)
					}
				}
			}
			synctest.Wait()
		}
		if left := processorGoroutines(); len(left) != 0 {
			t.Errorf("left behind: %s", left)
		}
	})
}

// countingProvider is a MeterProvider of which no collection comes, as without a metrics
// SDK. It counts the callbacks that it holds.
type countingProvider struct {
	noop.MeterProvider
	callbacks atomic.Int32
}

type countingMeter struct {
	noop.Meter
	provider *countingProvider
}

type countingRegistration struct {
	noop.Registration
	provider *countingProvider
}

func (p *countingProvider) Meter(string, ...metric.MeterOption) metric.Meter {
	return countingMeter{provider: p}
}

func (m countingMeter) RegisterCallback(metric.Callback, ...metric.Observable) (metric.Registration, error) {
	m.provider.callbacks.Add(1)
	return countingRegistration{provider: m.provider}, nil
}

func (r countingRegistration) Unregister() error {
	r.provider.callbacks.Add(-1)
	return nil
}

// A program without a metrics SDK never collects: Shutdown removes the callback itself.
func TestMetricsLeaveNothingWithoutASDK(t *testing.T) {
	var provider countingProvider
	for range 3 {
		p := start(t, exportertest.New(), WithMeterProvider(&provider))
		if n := provider.callbacks.Load(); n != 1 {
			t.Errorf("callbacks while the processor runs: %d, want 1", n)
		}
		_ = p.Shutdown(t.Context())
	}
	if n := provider.callbacks.Load(); n != 0 {
		t.Errorf("callbacks left: %d", n)
	}
}

// Without WithMeterProvider the metrics go to the global provider, even to one that is
// set later. It can be set later once in a process.
func TestMetricsGoToTheGlobalMeterProvider(t *testing.T) {
	if !inChild() {
		runChild(t)
		return
	}
	processors := []*Processor{start(t, exportertest.New(), WithMaxQueueSize(1001))}
	reader := sdkmetric.NewManualReader()
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	processors = append(processors,
		start(t, exportertest.New(), WithMaxQueueSize(1002)),
		start(t, exportertest.New(), WithMaxQueueSize(1003), WithMeterProvider(noop.NewMeterProvider()), WithMeterProvider(nil)),
		start(t, exportertest.New(), WithMaxQueueSize(1004), WithMeterProvider(noop.NewMeterProvider())))

	wantCapacities := func(want ...int64) {
		t.Helper()
		got := []int64{}
		if m, ok := collect(t, reader)["otel.sdk.processor.log.queue.capacity"].Data.(metricdata.Sum[int64]); ok {
			for _, p := range m.DataPoints {
				got = append(got, p.Value)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("capacities %v, want %v", got, want)
		}
	}
	wantCapacities(1001, 1002, 1003)
	for _, p := range processors {
		if err := p.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
	wantCapacities(1001, 1002, 1003)
}

// brokenProvider is a MeterProvider on which one kind of call fails.
type brokenProvider struct {
	noop.MeterProvider
	fails string
}

type brokenMeter struct {
	noop.Meter
	fails string
}

var errInstrument = errors.New("instrument refused")

func (p brokenProvider) Meter(string, ...metric.MeterOption) metric.Meter {
	return brokenMeter{fails: p.fails}
}

func (m brokenMeter) err(call string) error {
	if m.fails == call {
		return errInstrument
	}
	return nil
}

func (m brokenMeter) Int64ObservableUpDownCounter(string, ...metric.Int64ObservableUpDownCounterOption) (metric.Int64ObservableUpDownCounter, error) {
	return noop.Int64ObservableUpDownCounter{}, m.err("up-down counter")
}

func (m brokenMeter) Int64ObservableCounter(string, ...metric.Int64ObservableCounterOption) (metric.Int64ObservableCounter, error) {
	return noop.Int64ObservableCounter{}, m.err("counter")
}

func (m brokenMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return noop.Float64Histogram{}, m.err("histogram")
}

func (m brokenMeter) RegisterCallback(metric.Callback, ...metric.Observable) (metric.Registration, error) {
	if err := m.err("callback"); err != nil {
		return nil, err
	}
	return noop.Registration{}, nil
}

func TestProcessorWorksWithoutMetrics(t *testing.T) {
	for name, mp := range map[string]metric.MeterProvider{
		"no-op":           noop.NewMeterProvider(),
		"nothing fails":   brokenProvider{},
		"up-down counter": brokenProvider{fails: "up-down counter"},
		"counter":         brokenProvider{fails: "counter"},
		"histogram":       brokenProvider{fails: "histogram"},
		"callback":        brokenProvider{fails: "callback"},
	} {
		for mode, opts := range modes {
			t.Run(name+"/"+mode, func(t *testing.T) {
				errs := captureErrors(t)
				e := exportertest.New()
				p := start(t, e, append(opts, WithMeterProvider(mp))...)
				emit(p, log.SeverityInfo, "a", "b")
				if err := p.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				wantBodies(t, e, []string{"a", "b"})
				want := 1
				if b, ok := mp.(brokenProvider); !ok || b.fails == "" {
					want = 0
				}
				if got := errs.matching(errInstrument); len(got) != want || len(errs.all()) != want {
					t.Errorf("reported %v, want %d", errs.all(), want)
				}
			})
		}
	}
}

// The age is that of a batch's first record when the batch is handed over, however long
// it waited behind others.
func TestMetricQueueAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, withReader := newReader()
		e := exportertest.New()
		p := start(t, e, withReader, WithExportMaxBatchSize(2), WithExportInterval(5*time.Second), WithExportTimeout(time.Hour))
		last := 0.0
		wantAge := func(name string, count uint64, age float64) {
			t.Helper()
			_ = p.ForceFlush(t.Context())
			data, ok := collect(t, reader)["asynclog.processor.queue.age"].Data.(metricdata.Histogram[float64])
			if !ok {
				if count > 0 {
					t.Errorf("%s: no ages", name)
				}
				return
			}
			h := data.DataPoints[0]
			if h.Count != count || h.Sum-last != age {
				t.Errorf("%s: %d batches, the last waited %v s; want %d, %v s", name, h.Count, h.Sum-last, count, age)
			}
			last = h.Sum
		}

		unobserved := exportertest.Record(log.SeverityInfo, "x")
		unobserved.SetObservedTimestamp(time.Time{})
		p.OnEmit(t.Context(), &unobserved)
		wantAge("a record without a time", 0, 0)

		emit(p, log.SeverityInfo, "a", "b")
		wantAge("a full batch", 1, 0)

		emit(p, log.SeverityInfo, "a")
		time.Sleep(2 * time.Second)
		emit(p, log.SeverityInfo, "b")
		wantAge("an old and a new record", 2, 2)

		release := e.Block()
		emit(p, log.SeverityInfo, "a", "b") // held
		synctest.Wait()
		emit(p, log.SeverityInfo, "c", "d")
		time.Sleep(time.Minute)
		release()
		wantAge("behind a busy exporter", 4, 60)

		// Clocks differ: a record may have been observed in the future.
		future := exportertest.Record(log.SeverityInfo, "x")
		future.SetObservedTimestamp(time.Now().Add(time.Hour))
		p.OnEmit(t.Context(), &future)
		wantAge("a record from the future", 5, 0)
	})
}

// A program without metrics never collects, and a meter keeps its callbacks until a
// collection: that must not keep every processor alive that was ever shut down.
func TestMetricsDoNotKeepAProcessor(t *testing.T) {
	for name, opts := range map[string][]Option{"queue": nil, "synchronous": {WithSynchronous()}} {
		t.Run(name, func(t *testing.T) {
			reader, metrics := newReader()
			p := New(exportertest.New(), append(opts, metrics)...)
			emit(p, log.SeverityInfo, "exported")
			_ = p.Shutdown(t.Context())
			kept := weak.Make(p)
			for range 100 {
				if kept.Value() == nil {
					break
				}
				runtime.GC()
				time.Sleep(time.Millisecond)
			}
			if kept.Value() != nil {
				t.Error("it is still there")
			}
			if got := processed(collect(t, reader)); !maps.Equal(got, map[string]int64{"": 1}) {
				t.Errorf("processed %v at the last collection, want 1", got)
			}
		})
	}
}

// hostileProvider is a MeterProvider whose methods misbehave.
type hostileProvider struct {
	noop.MeterProvider
	where string
	how   func()
}

type hostileMeter struct {
	noop.Meter
	p *hostileProvider
}

type hostileHistogram struct {
	noop.Float64Histogram
	p *hostileProvider
}

type hostileRegistration struct {
	noop.Registration
	p *hostileProvider
}

func (p *hostileProvider) at(where string) {
	if p.where == where {
		p.how()
	}
}

func (p *hostileProvider) Meter(string, ...metric.MeterOption) metric.Meter {
	p.at("Meter")
	return hostileMeter{p: p}
}

func (m hostileMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return hostileHistogram{p: m.p}, nil
}

func (m hostileMeter) RegisterCallback(metric.Callback, ...metric.Observable) (metric.Registration, error) {
	m.p.at("RegisterCallback")
	return hostileRegistration{p: m.p}, nil
}

func (h hostileHistogram) Enabled(context.Context) bool { return h.p.where == "Record" }

func (h hostileHistogram) Record(context.Context, float64, ...metric.RecordOption) { h.p.at("Record") }

func (r hostileRegistration) Unregister() error {
	r.p.at("Unregister")
	return nil
}

// A MeterProvider that panics, ends the goroutine or blocks costs no record, and neither
// New nor Shutdown more than their bounds.
func TestHostileMeterProvider(t *testing.T) {
	for _, where := range []string{"Meter", "RegisterCallback", "Record", "Unregister"} {
		for name, how := range map[string]func(){
			"panics": func() { panic("no") },
			"ends":   runtime.Goexit,
			"blocks": func() { time.Sleep(time.Minute) },
		} {
			for mode, opts := range modes {
				t.Run(where+"/"+name+"/"+mode, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						captureErrors(t)
						begun := time.Now()
						e := exportertest.New()
						p := start(t, e, append(opts, WithMeterProvider(&hostileProvider{where: where, how: how}))...)
						if took := time.Since(begun); took > meterTimeout+usercode.CancelTimeout {
							t.Errorf("New took %v", took)
						}
						emit(p, log.SeverityInfo, "a", "b", "c")
						time.Sleep(2 * time.Minute)
						begun = time.Now()
						ctx, cancel := context.WithTimeout(t.Context(), time.Second)
						defer cancel()
						if err := p.Shutdown(ctx); err != nil && name != "blocks" {
							t.Error(err)
						}
						if took := time.Since(begun); took > time.Second+10*usercode.CancelTimeout {
							t.Errorf("Shutdown took %v", took)
						}
						wantBodies(t, e, []string{"a", "b", "c"})
						time.Sleep(time.Hour) // until what blocks has returned
					})
				})
			}
		}
	}
}
