package otlp

import (
	"context"
	"os"
	"sync"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// Exporter sends records to an OTLP receiver, such as the OpenTelemetry Collector.
// [New] makes one. All its methods may be called concurrently.
type Exporter struct {
	client   *client
	retry    RetryConfig
	encoders sync.Pool // of *encoder

	base     context.Context // ends with ErrExporterShutdown as its cause
	cancel   context.CancelCauseFunc
	stopping chan struct{} // closed when Shutdown begins
	stopped  chan struct{} // closed when it has ended all exports

	mu      sync.Mutex
	closed  bool
	running int // exports
}

var _ EncodedExporter = (*Exporter)(nil)

// New returns an exporter with the options, the OTEL_EXPORTER_OTLP_* variables for
// what they leave open, and defaults for the rest. Every option names its variable and
// its default.
//
// The error names every option and variable whose value is not usable, the value and
// what is allowed; there is no exporter then. Values of headers are never shown. New
// does not connect, so that the receiver may start later.
//
// ctx is not used; it is there as in OpenTelemetry's exporters.
func New(_ context.Context, opts ...Option) (*Exporter, error) {
	c, err := newConfig(opts, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	e := &Exporter{
		client:   newClient(c),
		retry:    c.retry,
		encoders: sync.Pool{New: func() any { return newEncoder() }},
		stopping: make(chan struct{}),
		stopped:  make(chan struct{}),
	}
	e.base, e.cancel = context.WithCancelCause(context.Background())
	return e, nil
}

// Export encodes the records and sends them in one request. It tries again as
// [WithRetry] says, for as long as ctx and the exporter live. It keeps no record.
//
// The error is nil if all records were accepted, a [PartialSuccess] if some were
// rejected; it wraps an [*HTTPError] or a [*GRPCError] if the receiver refused the
// request, and the context's error if that ended first. Otherwise there was no answer.
// After Shutdown it is sdklog.ErrExporterShutdown.
func (e *Exporter) Export(ctx context.Context, records []sdklog.Record) error {
	ctx, done, err := e.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	if len(records) == 0 {
		return nil
	}
	enc := e.encoders.Get().(*encoder) //nolint:errcheck,forcetypeassert // the pool has nothing else
	u, err := e.client.newUpload(enc.encode(records))
	if err == nil {
		err = e.retrying(ctx, u.attempt)
		u.release()
	}
	if enc.reset() {
		e.encoders.Put(enc)
	}
	return err
}

// ExportEncoded sends the records of a batch, in one attempt: see [EncodedExporter].
// The error is as that of Export.
func (e *Exporter) ExportEncoded(ctx context.Context, b *Batch) error {
	ctx, done, err := e.begin(ctx)
	if err != nil {
		return err
	}
	defer done()
	if b.Len() == 0 {
		return nil
	}
	u, err := e.client.newUpload(b)
	if err != nil {
		return err
	}
	defer u.release()
	return u.attempt(ctx)
}

// String returns the protocol and the receiver, without secrets:
// "OTLP over http/protobuf to http://localhost:4318/v1/logs".
func (e *Exporter) String() string {
	return "OTLP over " + e.client.protocol.String() + " to " + e.client.endpoint
}

// ForceFlush does nothing: the exporter holds no records.
func (*Exporter) ForceFlush(context.Context) error { return nil }

// Shutdown ends the exporter. Pauses between attempts end at once. Requests under way
// may be answered until ctx ends, then they are cancelled; Shutdown does not wait
// longer, and returns ctx's error. Later calls do nothing and return nil.
func (e *Exporter) Shutdown(ctx context.Context) error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	close(e.stopping)
	if e.running == 0 {
		e.finish()
	}
	e.mu.Unlock()

	select {
	case <-e.stopped:
		return nil
	default:
	}
	select {
	case <-e.stopped:
		return nil
	case <-ctx.Done():
		e.cancel(sdklog.ErrExporterShutdown)
		return ctx.Err()
	}
}

// begin counts an export. Its context also ends when Shutdown gives up. The caller
// calls done.
func (e *Exporter) begin(ctx context.Context) (_ context.Context, done func(), err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, nil, sdklog.ErrExporterShutdown
	}
	e.running++
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(e.base, func() { cancel(context.Cause(e.base)) })
	return ctx, func() {
		stop()
		cancel(nil)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.running--
		if e.closed && e.running == 0 {
			e.finish()
		}
	}, nil
}

// finish lets go of all that is held, after the last export. The caller holds mu.
func (e *Exporter) finish() {
	e.client.close()
	e.cancel(sdklog.ErrExporterShutdown)
	close(e.stopped)
}
