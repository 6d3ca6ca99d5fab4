package outage

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// The listener collects the SDK's metric of records dropped by a full queue, and restores
// the globals.
func TestListener(t *testing.T) {
	t.Setenv(observabilityVariable, "")
	handler := otel.GetErrorHandler()
	l, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	exporter := exportertest.New()
	exporter.FailNext(1, errors.New("refused"))
	release := exporter.Block()
	const queue, emitted = 10, 25
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(
		sdklog.NewBatchProcessor(exporter, sdklog.WithMaxQueueSize(queue), sdklog.WithExportMaxBatchSize(queue))))
	source := rig.NewSource(provider)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	source.Emit(ctx, 0, queue)
	if err := exporter.WaitEntered(ctx, 1); err != nil {
		t.Fatal(err)
	}
	source.Emit(ctx, 0, emitted-queue)
	release()
	if err := provider.Shutdown(ctx); err != nil {
		t.Error(err)
	}

	if n, first := l.handled(); n != 1 || first != "refused" {
		t.Errorf("%d errors, the first %q", n, first)
	}
	counts, err := l.failures(ctx, "otel.sdk.processor.log.processed")
	if err != nil || counts["queue_full"] != emitted-2*queue || counts.Total() != emitted-2*queue {
		t.Errorf("%v, %v", counts, err)
	}
	l.Close()
	if otel.GetErrorHandler() != handler || os.Getenv(observabilityVariable) != "" {
		t.Error("the globals are not restored")
	}
}
