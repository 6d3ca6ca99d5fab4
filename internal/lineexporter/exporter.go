package lineexporter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/jsonline"
	"github.com/krunchwrapper/asynclog/internal/panictext"
)

// Exporter writes records to a writer. Create one with [New].
//
// The fields other than stopped belong to Export, which is not called concurrently with
// itself. Shutdown may be called at any time.
//
// Invariants:
//   - half is not empty exactly if the last byte written was not the end of a line: then
//     written bytes of it have been written, and the next bytes that are written complete
//     it.
//   - Once closed is set nothing is written any more.
type Exporter struct {
	w       io.Writer
	stopped atomic.Bool

	enc     jsonline.Encoder
	half    []byte
	written int   // bytes of half
	closed  error // why nothing can be written any more; nil: it can
}

var _ sdklog.Exporter = (*Exporter)(nil)

// New returns an exporter that writes to w.
func New(w io.Writer) *Exporter { return &Exporter{w: w} }

// NoExportTimeout tells the processor not to bound the time of an export. Its context ends
// only when Shutdown's time is up.
func (*Exporter) NoExportTimeout() {}

// Export writes a line for each record. It returns a [*WriteError] if it fails, also if it
// has written some of the records. A context that is cancelled ends it between two lines;
// the end of a deadline does not.
func (e *Exporter) Export(ctx context.Context, recs []sdklog.Record) error {
	if e.stopped.Load() {
		return sdklog.ErrExporterShutdown
	}
	if e.closed != nil {
		return &WriteError{err: e.closed, permanent: true, reported: true}
	}
	lines, done := e.enc.Encode(recs), 0
	if len(e.half) > 0 {
		// The record is the first again if it is exported again. If other records displaced
		// it, its line is completed all the same, so that no other is glued to it.
		same, length := bytes.HasPrefix(lines, e.half), len(e.half)
		err := e.complete()
		if same && len(e.half) == 0 {
			done, lines = 1, lines[length:]
		}
		if err != nil {
			return e.fail(done, err)
		}
	}
	for len(lines) > 0 {
		if err := e.interrupted(ctx); err != nil {
			return &WriteError{written: done, err: err}
		}
		end := bytes.IndexByte(lines, '\n') + 1
		n, err := e.write(lines[:end])
		if n < end && n > 0 {
			e.half, e.written = bytes.Clone(lines[:end]), n
		}
		if n == end {
			done++
		}
		if err != nil {
			return e.fail(done, err)
		}
		lines = lines[end:]
	}
	return nil
}

// complete writes what is left of the half-written line.
func (e *Exporter) complete() error {
	n, err := e.write(e.half[e.written:])
	if e.written += n; e.written == len(e.half) {
		e.half, e.written = nil, 0
	}
	return err
}

// interrupted returns why the export is to end. A deadline is no reason.
func (e *Exporter) interrupted(ctx context.Context) error {
	if e.stopped.Load() {
		return sdklog.ErrExporterShutdown
	}
	if err := ctx.Err(); errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// fail returns the error of an export that has written the first done records.
func (e *Exporter) fail(done int, err error) error {
	w := &WriteError{written: done, err: err, temporary: isTemporary(err)}
	if isClosed(err) {
		e.closed = err
		w.permanent = true
	}
	return w
}

var (
	errPanicked = errors.New("the writer panicked")
	errCount    = errors.New("the writer returned an impossible count")
)

// write calls the writer. The count that it returns is between 0 and the length, and the
// length if there is no error. If the writer ends the goroutine (runtime.Goexit), or
// panics, it is taken to have written nothing.
func (e *Exporter) write(p []byte) (n int, err error) {
	defer func() {
		if v := recover(); v != nil {
			n, err = 0, fmt.Errorf("%w: %s", errPanicked, panictext.Of(v))
		}
	}()
	n, err = e.w.Write(p)
	switch {
	case n < 0 || n > len(p):
		return 0, fmt.Errorf("%w: %d of %d bytes", errCount, n, len(p))
	case n < len(p) && err == nil:
		return n, io.ErrShortWrite
	default:
		return n, err
	}
}

// ForceFlush does nothing: Export returns when all is written.
func (*Exporter) ForceFlush(context.Context) error { return nil }

// Shutdown ends an export that is under way after its line. It does not wait for it: the
// writer may block for ever.
func (e *Exporter) Shutdown(context.Context) error {
	e.stopped.Store(true)
	return nil
}
