package bridge_test

import (
	"context"
	"io"
	stdlog "log"
	"log/slog"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

// TestExporterThatLogs has an exporter that logs while it exports, into its own
// pipeline. The pipeline does not accept records logged with the export's context.
// Without that context they look like the program's own records. They are exported,
// but their number never grows.
func TestExporterThatLogs(t *testing.T) {
	const interval, rounds = 50 * time.Millisecond, 4
	for name, c := range map[string]struct {
		log      func(ctx context.Context)
		each     int  // records that an export logs
		critical bool // exported at once, not after the interval
	}{
		"slog with context":     {log: func(ctx context.Context) { slog.InfoContext(ctx, "exported") }},
		"error with context":    {log: func(ctx context.Context) { slog.ErrorContext(ctx, "failed") }},
		"slog without context":  {log: func(context.Context) { slog.Info("exported") }, each: 1},
		"error without context": {log: func(context.Context) { slog.Error("failed") }, each: 1, critical: true},
		"log":                   {log: func(context.Context) { stdlog.Print("exported") }, each: 1},
		"several": {log: func(context.Context) {
			slog.Info("exported")
			stdlog.Print("exported")
			earlySlog.Info("exported")
		}, each: 3},
	} {
		t.Run(name, func(t *testing.T) {
			keepState(t)
			changeState(t, func() { stdlog.SetOutput(io.Discard) })
			exporter := exportertest.New(exportertest.WithoutRecords(),
				exportertest.WithFunc(func(ctx context.Context, _ []sdklog.Record) error {
					c.log(ctx)
					return nil
				}))
			p := newPipe(t, exporter, processor.WithExportInterval(interval))
			defer bridge.Install(p)()
			begun := time.Now()
			slog.Info("the first")
			if err := exporter.WaitEntered(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			time.Sleep(rounds * interval)

			s, exports := p.processor.Stats(), exporter.Exports()
			if n := s.Queued + s.InFlight; n > 2*c.each+1 {
				t.Errorf("%d records under way, want at most what two exports feed back", n)
			}
			if limit := uint64(1 + c.each*exports); s.Emitted > limit {
				t.Errorf("%d records emitted, want at most %d", s.Emitted, limit)
			}
			if limit := int(time.Since(begun)/interval) + 1; exports > limit && !c.critical {
				t.Errorf("%d exports, want at most %d", exports, limit)
			}
			if c.each == 0 && exports != 1 {
				t.Errorf("%d exports, want one", exports)
			}
		})
	}
}
