package processor_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor"
)

// While the queue is nearly full, callers learn that they need not build the records that
// would be dropped first.
func ExampleWithPressure() {
	ctx := context.Background()
	exporter := newOutage()
	p := processor.New(
		exporter,
		processor.WithPressure(processor.PressureConfig{High: 0.75, Low: 0.25}),
		processor.WithMaxQueueSize(4),
		processor.WithExportMaxBatchSize(1),
	)
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
	logger := provider.Logger("example")
	debug := log.EnabledParameters{Severity: log.SeverityDebug}

	logger.Emit(ctx, message(log.SeverityInfo, "in flight"))
	<-exporter.began
	for _, text := range []string{"first", "second", "third"} {
		fmt.Println("DEBUG is enabled:", logger.Enabled(ctx, debug))
		logger.Emit(ctx, message(log.SeverityInfo, text))
	}
	fmt.Println("DEBUG is enabled:", logger.Enabled(ctx, debug))
	fmt.Println("suppressed:", p.Stats().Suppressed)

	close(exporter.over)
	_ = provider.ForceFlush(ctx)
	fmt.Println("DEBUG is enabled:", logger.Enabled(ctx, debug))
	_ = provider.Shutdown(ctx)
	// Output:
	// DEBUG is enabled: true
	// DEBUG is enabled: true
	// DEBUG is enabled: true
	// DEBUG is enabled: false
	// suppressed: 1
	// exported: INFO in flight
	// exported: INFO first
	// exported: INFO second
	// exported: INFO third
	// DEBUG is enabled: true
}
