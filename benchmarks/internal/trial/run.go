package trial

import (
	"context"
	"fmt"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/contender"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/sink"
)

// Run measures in this process, which should do nothing else.
func Run(ctx context.Context, s *Spec) (*Result, error) {
	switch s.Kind {
	case Calls:
		return calls(ctx, s)
	case Blocked:
		return blocked(ctx, s)
	case Deliver:
		return deliver(ctx, s)
	case Memory:
		return memory(ctx, s)
	default:
		return nil, fmt.Errorf("trial: unknown kind %q", s.Kind)
	}
}

// pipeline returns the contender in front of a sink in this process.
func pipeline(s *Spec, end *sink.Sink) (*contender.Contender, error) {
	exporters := make([]sdklog.Exporter, max(1, s.Exporters))
	for i := range exporters {
		exporters[i] = end.Exporter()
	}
	return contender.New(s.Impl, contender.Config{
		Level:       s.Level,
		Queue:       s.Queue,
		Exporters:   exporters,
		Writer:      end,
		Costly:      s.Latency > 0,
		LargeBuffer: s.Latency > 0 || s.Kind == Memory || s.Kind == Blocked,
		Acked:       end.Acked,
	})
}
