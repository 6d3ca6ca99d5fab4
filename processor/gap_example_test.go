package processor_test

import (
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor"
)

// A record in the logs reports what is missing there.
func ExampleWithGapRecords() {
	ctx := context.Background()
	exporter := newOutage()
	p := processor.New(
		gapPrinter{exporter},
		processor.WithGapRecords(true),
		processor.WithMaxQueueSize(1),
	)
	logger := sdklog.NewLoggerProvider(sdklog.WithProcessor(p)).Logger("example")

	logger.Emit(ctx, message(log.SeverityInfo, "in flight"))
	<-exporter.began
	logger.Emit(ctx, message(log.SeverityInfo, "queued"))
	logger.Emit(ctx, message(log.SeverityDebug, "too much"))
	logger.Emit(ctx, message(log.SeverityDebug, "too much"))

	close(exporter.over)
	_ = p.Shutdown(ctx)
	// Output:
	// exported: INFO in flight
	// exported: WARN asynclog: 2 log records are missing here (queue_full 2)
	// exported: INFO queued
}

// gapPrinter removes from gap records what is different each time: when the records were
// lost.
type gapPrinter struct{ *outage }

func (g gapPrinter) Export(ctx context.Context, records []sdklog.Record) error {
	if r := &records[0]; r.EventName() == "asynclog.gap" {
		text := r.Body().AsString()
		what, _, _ := strings.Cut(text, ",")
		why := text[strings.LastIndex(text, ": ")+2:]
		fmt.Printf("exported: %v %s (%s)\n", r.Severity(), what, why)
		return nil
	}
	return g.outage.Export(ctx, records)
}
