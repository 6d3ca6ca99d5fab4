package processor_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor"
)

// printer is an exporter that prints its records.
type printer struct{}

func (printer) Export(_ context.Context, records []sdklog.Record) error {
	for i := range records {
		fmt.Println("exported:", records[i].Severity(), records[i].Body())
	}
	return nil
}
func (printer) ForceFlush(context.Context) error { return nil }
func (printer) Shutdown(context.Context) error   { return nil }

// outage is an exporter whose receiver does not answer until the outage is over. It
// signals each call.
type outage struct {
	printer
	began chan struct{}
	over  chan struct{}
}

func newOutage() *outage {
	return &outage{began: make(chan struct{}, 100), over: make(chan struct{})}
}

func (o *outage) Export(ctx context.Context, records []sdklog.Record) error {
	o.began <- struct{}{}
	select {
	case <-o.over:
		return o.printer.Export(ctx, records)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// message returns a record as an application or a logging bridge makes it.
func message(severity log.Severity, text string) log.Record {
	var r log.Record
	r.SetSeverity(severity)
	r.SetBody(attribute.StringValue(text))
	return r
}

func ExampleNew() {
	ctx := context.Background()
	p := processor.New(printer{}) // was: sdklog.NewBatchProcessor(printer{})
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
	logger := provider.Logger("example")

	logger.Emit(ctx, message(log.SeverityInfo, "started"))
	logger.Emit(ctx, message(log.SeverityWarn, "stopping"))

	if err := provider.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// exported: INFO started
	// exported: WARN stopping
}

// When the queue is full, a more severe record displaces the least severe one.
func ExampleWithOverflow() {
	ctx := context.Background()
	exporter := newOutage()
	p := processor.New(
		exporter,
		processor.WithOverflow(processor.DropLowest),
		processor.WithMaxQueueSize(2),
		processor.WithExportMaxBatchSize(1),
	)
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
	logger := provider.Logger("example")

	logger.Emit(ctx, message(log.SeverityInfo, "in flight"))
	<-exporter.began
	// Two more fit.
	logger.Emit(ctx, message(log.SeverityDebug, "detail"))
	logger.Emit(ctx, message(log.SeverityInfo, "request served"))
	logger.Emit(ctx, message(log.SeverityWarn, "disk almost full"))
	fmt.Println("dropped:", p.Stats().Dropped)

	close(exporter.over)
	_ = provider.Shutdown(ctx)
	// Output:
	// dropped: [{evicted DEBUG 1}]
	// exported: INFO in flight
	// exported: INFO request served
	// exported: WARN disk almost full
}

// A caller waits until the queue has capacity, for a limited time.
func ExampleBlock() {
	ctx := context.Background()
	exporter := newOutage()
	p := processor.New(
		exporter,
		processor.WithOverflow(processor.Block(10*time.Millisecond)),
		processor.WithMaxQueueSize(1),
	)
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
	logger := provider.Logger("example")

	logger.Emit(ctx, message(log.SeverityInfo, "in flight"))
	<-exporter.began
	logger.Emit(ctx, message(log.SeverityInfo, "queued"))

	before := time.Now()
	logger.Emit(ctx, message(log.SeverityInfo, "too much"))
	fmt.Println("waited:", time.Since(before) >= 10*time.Millisecond)
	fmt.Println("dropped:", p.Stats().Dropped)

	close(exporter.over)
	_ = provider.Shutdown(ctx)
	// Output:
	// waited: true
	// dropped: [{queue_full INFO 1}]
	// exported: INFO in flight
	// exported: INFO queued
}

// level is a minimum severity that does not change.
type level log.Severity

func (l level) Severity() log.Severity { return log.Severity(l) }

// The ledger contains the current or final state of every record.
func ExampleProcessor_Stats() {
	ctx := context.Background()
	p := processor.New(printer{}, processor.WithMinSeverity(level(log.SeverityInfo)))
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
	logger := provider.Logger("example")

	logger.Emit(ctx, message(log.SeverityDebug, "detail"))
	logger.Emit(ctx, message(log.SeverityInfo, "request served"))
	_ = provider.ForceFlush(ctx)

	s := p.Stats()
	fmt.Println("emitted:", s.Emitted)
	fmt.Println("filtered:", s.Filtered)
	fmt.Println("exported:", s.Exported)
	fmt.Println("balanced:", s.Balanced())
	_ = provider.Shutdown(ctx)
	// Output:
	// exported: INFO request served
	// emitted: 2
	// filtered: 1
	// exported: 1
	// balanced: true
}

// Shutdown returns what it could not deliver in time.
func ExampleProcessor_Shutdown() {
	exporter := newOutage()
	p := processor.New(exporter, processor.WithExportMaxBatchSize(1))
	logger := sdklog.NewLoggerProvider(sdklog.WithProcessor(p)).Logger("example")

	logger.Emit(context.Background(), message(log.SeverityInfo, "in flight"))
	<-exporter.began
	logger.Emit(context.Background(), message(log.SeverityInfo, "queued"))
	logger.Emit(context.Background(), message(log.SeverityDebug, "queued, too"))

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	err := p.Shutdown(ctx)

	if lost, ok := errors.AsType[*processor.ShutdownError](err); ok {
		fmt.Println("lost:", lost.Total())
		for _, d := range lost.Lost {
			fmt.Println("-", d.Reason, d.Severity, d.Count)
		}
	}
	fmt.Println("for want of time:", errors.Is(err, context.DeadlineExceeded))
	// Output:
	// lost: 3
	// - export_timeout INFO 1
	// - shutdown_timeout DEBUG 1
	// - shutdown_timeout INFO 1
	// for want of time: true
}

// The hook is called with the losses, never on the goroutine of a log call.
func ExampleWithDropHook() {
	ctx := context.Background()
	exporter := newOutage()
	drops := make(chan processor.Drop, 1)
	p := processor.New(
		exporter,
		processor.WithMaxQueueSize(1),
		processor.WithDropHook(func(d processor.Drop) { drops <- d }),
	)
	logger := sdklog.NewLoggerProvider(sdklog.WithProcessor(p)).Logger("example")

	logger.Emit(ctx, message(log.SeverityInfo, "in flight"))
	<-exporter.began
	logger.Emit(ctx, message(log.SeverityInfo, "queued"))
	logger.Emit(ctx, message(log.SeverityDebug, "too much"))

	d := <-drops
	fmt.Println("lost:", d.Count, d.Severity, d.Reason)

	close(exporter.over)
	_ = p.Shutdown(ctx)
	// Output:
	// lost: 1 DEBUG queue_full
	// exported: INFO in flight
	// exported: INFO queued
}

// A record is exported before the log call returns.
func ExampleWithSynchronous() {
	ctx := context.Background()
	p := processor.New(printer{}, processor.WithSynchronous())
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
	logger := provider.Logger("example")

	fmt.Println("before")
	logger.Emit(ctx, message(log.SeverityInfo, "now"))
	fmt.Println("after")
	_ = provider.Shutdown(ctx)
	// Output:
	// before
	// exported: INFO now
	// after
}

var errBusy = errors.New("queue of the broker is full")

// busyOnce is an exporter whose broker is busy at first.
type busyOnce struct {
	printer
	called bool
}

func (b *busyOnce) Export(ctx context.Context, records []sdklog.Record) error {
	if !b.called {
		b.called = true
		return errBusy
	}
	return b.printer.Export(ctx, records)
}

// Errors of an exporter that is not OTLP's may have a meaning that only its users know.
// All others are left to Classify.
func ExampleWithRetry() {
	ctx := context.Background()
	p := processor.New(&busyOnce{}, processor.WithRetry(processor.RetryConfig{
		InitialInterval: time.Minute,
		MaxInterval:     time.Minute,
		Classify: func(err error) processor.Class {
			if errors.Is(err, errBusy) {
				return processor.Transient
			}
			return processor.Classify(err)
		},
	}))
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
	provider.Logger("example").Emit(ctx, message(log.SeverityInfo, "order 4711"))

	fmt.Println("flush:", provider.ForceFlush(ctx))
	fmt.Println("queued:", p.Stats().Queued)

	// Shutdown makes one last attempt.
	if err := provider.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println("exported:", p.Stats().Exported)
	// Output:
	// flush: queue of the broker is full
	// queued: 1
	// exported: INFO order 4711
	// exported: 1
}
