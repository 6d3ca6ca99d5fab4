package contender

import (
	"log/slog"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/processor"
)

// newAsynclog is asynclog with its defaults: a full queue refuses new records.
func newAsynclog(cfg Config) (*Contender, error) { return makeAsynclog(cfg) }

func newAsynclogOldest(cfg Config) (*Contender, error) {
	return makeAsynclog(cfg, processor.WithOverflow(processor.DropOldest))
}

func newAsynclogBlock(cfg Config) (*Contender, error) {
	return makeAsynclog(cfg, processor.WithOverflow(processor.Block(time.Minute)))
}

func newAsynclogSync(cfg Config) (*Contender, error) {
	return makeAsynclog(cfg, processor.WithSynchronous())
}

func makeAsynclog(cfg Config, opts ...processor.Option) (*Contender, error) {
	opts = append(opts,
		processor.WithMaxQueueSize(cfg.Queue),
		processor.WithExporters(cfg.Exporters[1:]...),
	)
	return newOTel(cfg, processor.New(cfg.Exporters[0], opts...), func(p *sdklog.LoggerProvider) slog.Handler {
		return bridge.NewHandler("benchmark", bridge.WithLoggerProvider(p))
	}), nil
}
