package asynclog

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"go.opentelemetry.io/otel"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/bridge"
)

const sdkDisabledKey = "OTEL_SDK_DISABLED"

// sdkDisabled goes by OpenTelemetry's rule for booleans: true in any case, and
// nothing else, is true. What is neither true nor false is told.
func sdkDisabled() bool {
	switch v := os.Getenv(sdkDisabledKey); {
	case strings.EqualFold(v, "true"):
		return true
	case v != "" && !strings.EqualFold(v, "false"):
		otel.Handle(fmt.Errorf("asynclog: %s=%q is ignored: it must be true or false", sdkDisabledKey, v))
	}
	return false
}

// newDisabled returns a pipeline that does nothing. Its phase logger is its own,
// so that the verbose switch is.
func newDisabled(o *options) *Pipeline {
	return &Pipeline{
		provider: noProvider(),
		phases:   newNoPhases(),
		disabled: true,
		unused:   o.exporter,
	}
}

// noProvider returns the provider of pipelines that do nothing. Without processors
// it has nothing to do, and its loggers are not enabled.
var noProvider = sync.OnceValue(func() *sdklog.LoggerProvider {
	return sdklog.NewLoggerProvider(sdklog.WithResource(resource.Empty()))
})

// noPhases returns the phase logger of pipelines that were never started.
var noPhases = sync.OnceValue(newNoPhases)

func newNoPhases() *bridge.PhaseLogger {
	return bridge.NewPhaseLogger(noProvider(), bridge.WithSynchronousPhases())
}
