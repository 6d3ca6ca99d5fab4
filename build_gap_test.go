package asynclog_test

import (
	"context"
	"slices"
	"testing"

	otellog "go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

// overflow makes a pipeline whose queue holds one record lose one. It returns the event
// names of the exported records.
func overflow(t *testing.T, opts ...processor.Option) []string {
	t.Helper()
	exporter := exportertest.New()
	release := exporter.Block()
	p := startWith(t, exporter, asynclog.WithoutInstall(),
		asynclog.WithProcessorOptions(append(opts, processor.WithMaxQueueSize(1))...))
	t.Cleanup(release)
	ctx := context.Background()
	emit(ctx, p.LoggerProvider(), otellog.SeverityInfo, "in flight")
	if err := exporter.WaitEntered(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	emit(ctx, p.LoggerProvider(), otellog.SeverityInfo, "queued")
	emit(ctx, p.LoggerProvider(), otellog.SeverityInfo, "lost")
	release()
	if err := p.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	var events []string
	for _, r := range exporter.Records() {
		events = append(events, r.EventName())
		if r.EventName() == "asynclog.gap" && !r.Resource().Equal(exporter.Records()[0].Resource()) {
			t.Errorf("the gap record has the resource %v", r.Resource())
		}
	}
	return events
}

// TestPipelineLogsGapRecords: a pipeline logs where records are missing, unless gap
// records are switched off.
func TestPipelineLogsGapRecords(t *testing.T) {
	if got, want := overflow(t), []string{"", "asynclog.gap", ""}; !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
	if got, want := overflow(t, processor.WithGapRecords(false)), []string{"", ""}; !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
}
