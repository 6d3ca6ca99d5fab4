package bridge_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/bridge"
)

// BenchmarkGlobalLogger is what the switch between installations costs a logger
// of the global provider: Enabled, because Emit's own cost hides it. The rival is
// a logger of the SDK's provider.
func BenchmarkGlobalLogger(b *testing.B) {
	p := newBenchPipe(b)
	defer bridge.Install(p)()
	for _, impl := range []struct {
		name   string
		logger log.Logger
	}{
		{"sdk", p.Logger("bench")},
		{"installed", otel.Logger("bench")},
	} {
		b.Run("impl="+impl.name, func(b *testing.B) {
			ctx := context.Background()
			b.ReportAllocs()
			for b.Loop() {
				impl.logger.Enabled(ctx, log.EnabledParameters{Severity: log.SeverityInfo})
			}
		})
	}
}
