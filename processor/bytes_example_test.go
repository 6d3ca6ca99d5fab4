package processor_test

import (
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor"
)

// The queue holds 1,000 bytes, whatever the number of records.
func ExampleWithMaxQueueBytes() {
	ctx := context.Background()
	exporter := newOutage()
	p := processor.New(
		exporter,
		processor.WithMaxQueueBytes(1000),
		processor.WithExportMaxBatchSize(1),
		processor.WithOverflow(processor.DropLowest),
	)
	logger := sdklog.NewLoggerProvider(sdklog.WithProcessor(p)).Logger("example")

	logger.Emit(ctx, message(log.SeverityInfo, "in flight"))
	<-exporter.began
	for range 4 {
		logger.Emit(ctx, message(log.SeverityDebug, strings.Repeat("detail ", 30)))
	}
	fmt.Println("queued:", p.Stats().Queued)
	logger.Emit(ctx, message(log.SeverityWarn, strings.Repeat("!", 300)))    // displaces two
	logger.Emit(ctx, message(log.SeverityWarn, strings.Repeat("!", 10_000))) // larger than the whole queue
	fmt.Println("queued:", p.Stats().Queued)
	for _, d := range p.Stats().Dropped {
		fmt.Println("dropped:", d.Count, d.Severity, d.Reason)
	}

	ctx, cancel := context.WithCancel(ctx)
	cancel()
	_ = p.Shutdown(ctx)
	// Output:
	// queued: 4
	// queued: 3
	// dropped: 2 DEBUG evicted
	// dropped: 1 WARN record_too_large
}
