package bridge_test

import (
	"context"
	stdlog "log"
	"log/slog"
	"testing"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/bridge"
)

// BenchmarkStdLog is a line of the log package. The rival is otelslog's handler as
// slog.SetDefault connects it to the log package. That handler neither recognises
// log.Fatal nor finds the source location.
func BenchmarkStdLog(b *testing.B) {
	for _, impl := range []struct {
		name    string
		install func(*sdklog.LoggerProvider) (restore func())
	}{
		{"otelslog", func(p *sdklog.LoggerProvider) func() {
			changeState(b, func() { slog.SetDefault(otelslog.NewLogger("bench", otelslog.WithLoggerProvider(p))) })
			return func() {}
		}},
		{"installed", func(p *sdklog.LoggerProvider) func() { return bridge.Install(p) }},
		{"installed/source", func(p *sdklog.LoggerProvider) func() { return bridge.Install(p, bridge.WithSource(true)) }},
	} {
		b.Run("impl="+impl.name, func(b *testing.B) {
			p := newBenchPipe(b)
			defer impl.install(p.LoggerProvider)()
			logInRounds(b, p, func(context.Context) {
				stdlog.Print("a message of ordinary length for a benchmark")
			})
		})
	}
}
