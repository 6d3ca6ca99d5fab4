package outage

import (
	"io"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/processor"
)

// Subject is a log processor in an outage.
type Subject struct {
	Name string

	start func(e sdklog.Exporter, queue int, fallback io.Writer) (sdklog.Processor, func() *processor.Stats)
}

// The subjects. Each has its defaults, except for the queue size and the fallback.
var (
	SDK = Subject{
		Name: "SDK",
		start: func(e sdklog.Exporter, queue int, _ io.Writer) (sdklog.Processor, func() *processor.Stats) {
			return sdklog.NewBatchProcessor(e, sdklog.WithMaxQueueSize(queue)), func() *processor.Stats { return nil }
		},
	}
	Asynclog = Subject{
		Name: "asynclog",
		start: func(e sdklog.Exporter, queue int, fallback io.Writer) (sdklog.Processor, func() *processor.Stats) {
			p := processor.New(e, processor.WithMaxQueueSize(queue), processor.WithFallback(fallback))
			return p, func() *processor.Stats {
				s := p.Stats()
				return &s
			}
		},
	}
)
