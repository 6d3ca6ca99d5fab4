package bridge_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/bridge"
)

// BenchmarkGlobalLogger is the cost of the switch between installations for a logger of
// the global provider. It calls Enabled, because the cost of Emit would hide it. The
// rival is a logger of the SDK's provider.
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
