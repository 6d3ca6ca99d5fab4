package contender

import (
	"log/slog"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// newSDK is the SDK's batch processor. Its documentation has three settings that
// matter here (https://pkg.go.dev/go.opentelemetry.io/otel/sdk/log): the queue size,
// which is the same for all contenders; the batch size, by default 512 records as in
// asynclog; and the interval, by default 1 s as in asynclog. Self-observability, which
// costs time, is off by default.
func newSDK(cfg Config) (*Contender, error) {
	if err := checkLevel(SDK, cfg, LogCall, HandOver); err != nil {
		return nil, err
	}
	p := sdklog.NewBatchProcessor(cfg.Exporters[0], sdklog.WithMaxQueueSize(cfg.Queue))
	return newOTel(cfg, p, otelslogHandler), nil
}

// newSDKSimple is the SDK's simple processor, which has no settings.
func newSDKSimple(cfg Config) (*Contender, error) {
	if err := checkLevel(SDKSimple, cfg, LogCall, HandOver); err != nil {
		return nil, err
	}
	return newOTel(cfg, sdklog.NewSimpleProcessor(cfg.Exporters[0]), otelslogHandler), nil
}

func otelslogHandler(p *sdklog.LoggerProvider) slog.Handler {
	return otelslog.NewHandler("benchmark", otelslog.WithLoggerProvider(p))
}
