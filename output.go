package asynclog

import (
	"context"
	"io"
	"os"
	"sync/atomic"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutlog"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/nosigpipe"
)

// output is the exporter of a pipeline that was given none. It is OpenTelemetry's
// stdoutlog exporter, but one that recovers: that one's encoder keeps the error of a
// write for ever, so that a disk that was full for a moment would end the output.
type output struct {
	writer  io.Writer
	current *stdoutlog.Exporter // Export's, which is not called concurrently
	stopped atomic.Bool
}

var _ sdklog.Exporter = (*output)(nil)

// newOutput returns an exporter that writes to w; nil stands for standard output.
func newOutput(w io.Writer) (*output, error) {
	if w == nil {
		w = os.Stdout
	}
	o := &output{writer: nosigpipe.Writer(w)}
	err := o.renew()
	return o, err
}

func (o *output) renew() error {
	e, err := stdoutlog.New(stdoutlog.WithWriter(o.writer))
	if err != nil {
		return err
	}
	o.current = e
	return nil
}

func (o *output) Export(ctx context.Context, records []sdklog.Record) error {
	if o.stopped.Load() {
		return sdklog.ErrExporterShutdown
	}
	err := o.current.Export(ctx, records)
	if err != nil {
		_ = o.renew() // if that fails, the next Export tells
	}
	return err
}

func (o *output) ForceFlush(context.Context) error { return nil }

// Shutdown does not touch the exporter, which may be in an Export that takes its
// time, and has nothing to shut down.
func (o *output) Shutdown(context.Context) error {
	o.stopped.Store(true)
	return nil
}
