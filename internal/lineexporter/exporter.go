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

// maxEncoded is how many bytes of lines are encoded, at most and one line more, before they
// are written. A usual batch is less. It bounds what a batch of large records costs; an
// error cannot stop the encoder in the middle of a batch.
const maxEncoded = 512 << 10

// Exporter writes records to a writer. Create one with [New].
//
// Export is not called concurrently with itself. Shutdown may be called at any time.
//
// Invariants:
//   - Whoever holds turn owns the fields below it. Export holds it until it returns.
//     Shutdown takes it only if it is free, and never waits for it.
//   - half is not empty exactly if the last byte written was not the end of a line: then
//     written bytes of it have been written, and the next bytes that are written complete
//     it.
//   - early has the lines that were completed, and whose records have not come again: what
//     equals one of them is not written again.
//   - Once closed is set nothing is written any more.
type Exporter struct {
	w       io.Writer
	stopped atomic.Bool

	turn    chan struct{} // capacity 1: holds a token while the writer is called
	enc     jsonline.Encoder
	half    []byte
	written int // bytes of half
	early   earlyLines
	closed  error // why nothing can be written any more; nil: it can
}

var _ sdklog.Exporter = (*Exporter)(nil)

// New returns an exporter that writes to w.
func New(w io.Writer) *Exporter { return &Exporter{w: w, turn: make(chan struct{}, 1)} }

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
	select {
	case e.turn <- struct{}{}:
	default: // Shutdown is completing a line
		return sdklog.ErrExporterShutdown
	}
	defer func() { <-e.turn }()
	if e.closed != nil {
		return &WriteError{err: e.closed, permanent: true, reported: true}
	}
	defer e.enc.Release()
	// If the half-written line's record comes again it is the first one, mostly. If it gave
	// way to others, or another batch comes first, its line is completed all the same, so
	// that no other is glued to it.
	blocked := e.complete()
	for done := 0; done < len(recs); {
		lines, n := e.enc.EncodeSome(recs[done:], maxEncoded)
		written, err := e.writeLines(ctx, lines, blocked)
		if err != nil {
			return e.fail(done+written, err)
		}
		done += n
	}
	if blocked != nil { // there were no records
		return e.fail(0, blocked)
	}
	return nil
}

// writeLines writes lines, and returns how many of the first ones are written, now or
// before. If blocked is not nil it writes nothing, and returns that.
func (e *Exporter) writeLines(ctx context.Context, lines []byte, blocked error) (done int, err error) {
	for len(lines) > 0 {
		end := bytes.IndexByte(lines, '\n') + 1
		line := lines[:end]
		lines = lines[end:]
		if e.early.remove(line) {
			done++
			continue
		}
		if blocked == nil {
			blocked = e.interrupted(ctx)
		}
		if blocked != nil {
			return done, blocked
		}
		n, err := e.write(line)
		switch {
		case n == end:
			done++
		case n > 0:
			e.half, e.written = bytes.Clone(line), n
		}
		if err != nil {
			return done, err
		}
	}
	return done, blocked
}

// complete writes what is left of the half-written line, if there is one.
func (e *Exporter) complete() error {
	if len(e.half) == 0 {
		return nil
	}
	n, err := e.write(e.half[e.written:])
	if e.written += n; e.written == len(e.half) {
		e.early.add(e.half)
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
// length if there is no error. A writer that counts more bytes than it got, as one does that
// adds some of its own, has written them all. If the writer ends the goroutine
// (runtime.Goexit), or panics, it is taken to have written nothing.
func (e *Exporter) write(p []byte) (n int, err error) {
	defer func() {
		if v := recover(); v != nil {
			n, err = 0, fmt.Errorf("%w: %s", errPanicked, panictext.Of(v))
		}
	}()
	n, err = e.w.Write(p)
	switch {
	case n < 0:
		return 0, fmt.Errorf("%w: %d of %d bytes", errCount, n, len(p))
	case n > len(p):
		return len(p), err
	case n < len(p) && err == nil:
		return n, io.ErrShortWrite
	default:
		return n, err
	}
}

// ForceFlush does nothing: Export returns when all is written.
func (*Exporter) ForceFlush(context.Context) error { return nil }

// Shutdown ends an export that is under way after its line. It does not wait for it: the
// writer may block for ever. If there is none it completes a half-written line, so that the
// next process that writes to the same file begins a line of its own. It does not wait for
// that longer than the context.
func (e *Exporter) Shutdown(ctx context.Context) error {
	e.stopped.Store(true)
	select {
	case e.turn <- struct{}{}:
	default:
		return nil
	}
	if len(e.half) == 0 || e.closed != nil || ctx.Err() != nil {
		<-e.turn
		return nil
	}
	err, done := errGoexit, make(chan struct{})
	go func() { // the writer's code, which may block or end it
		defer close(done)
		defer func() { <-e.turn }()
		err = e.complete()
	}()
	select {
	case <-done:
	case <-ctx.Done():
		return fmt.Errorf("the last line is not complete: %w", ctx.Err())
	}
	if err != nil {
		return fmt.Errorf("the last line is not complete: %w", err)
	}
	return nil
}

var errGoexit = errors.New("the writer ended its goroutine")
