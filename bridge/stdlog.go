package bridge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/panictext"
)

// levelFatal is the slog level that corresponds to FATAL.
const levelFatal = slog.Level(log.SeverityFatal - severityOffset)

// severityOffset is the distance between OpenTelemetry's severities and slog's
// levels, as in otelslog.
const severityOffset = log.SeverityInfo - log.Severity(slog.LevelInfo)

// How long a flush may take. The caller waits for it while it holds the log package's
// mutex. After log.Fatal the process ends, so waiting does no harm. A panic may be
// recovered, as net/http does, and then the wait is a stall.
const (
	fatalFlushTimeout = 5 * time.Second
	panicFlushTimeout = time.Second
)

var errNoFlush = errors.New("the provider cannot be flushed")

// stdWriter is the output that an installation gives to the standard log package. It
// turns each line into a record, for the installation in effect.
//
// With no installation in effect it writes to the output that it has replaced. This
// happens in programs that keep it: log.New(log.Writer(), …) is common. As that
// output is older than this one, it cannot lead back here.
type stdWriter struct{ previous io.Writer }

// newStdWriter returns a writer that replaces previous. As for providers, the writer
// of another installation is skipped.
func newStdWriter(previous io.Writer) *stdWriter {
	if w, ok := previous.(*stdWriter); ok {
		previous = w.previous
	}
	return &stdWriter{previous: previous}
}

// Write takes one line. It is called with the mutex of the [stdlog.Logger] held, so
// nothing that it calls may print with the log package.
func (w *stdWriter) Write(line []byte) (int, error) {
	i := active.Load()
	if i == nil {
		return w.previous.Write(line)
	}
	c := findCaller()
	if c.own {
		return w.previous.Write(line)
	}
	accepted := i.emitLine(line, c)
	if c.kind == fatal || c.kind == panicking {
		i.flushBeforeExit(line, c.kind, accepted)
	}
	return len(line), nil
}

// emitLine emits the line as a record, and reports whether the provider accepts it.
func (i *installation) emitLine(line []byte, c caller) bool {
	text := string(bytes.TrimSuffix(line, []byte{'\n'}))
	var level slog.Level
	switch c.kind {
	case fatal:
		level = levelFatal
	case panicking:
		level = slog.LevelError
	case slogDefault:
		level, text = i.splitLevel(text)
	default:
		level = i.stdLevel.Level()
	}
	ctx := context.Background()
	severity := log.Severity(level) + severityOffset
	if level < i.level.Level() || !i.std.Enabled(ctx, log.EnabledParameters{Severity: severity}) {
		return false
	}

	var r log.Record
	r.SetTimestamp(time.Now())
	r.SetBody(attribute.StringValue(text))
	r.SetSeverity(severity)
	r.SetSeverityText(level.String())
	if c.kind == fatal {
		r.SetSeverityText("FATAL") // slog would call it ERROR+4
	}
	if i.source {
		r.AddAttributes(c.source...)
	}
	i.std.Emit(ctx, r)
	return true
}

// splitLevel separates the level from a line of slog's first default handler, which
// formats records as "LEVEL message key=value" and prints them with the log package.
// Loggers obtained before the first SetDefault have that handler for ever. A line
// that does not begin with a level is like any other.
func (i *installation) splitLevel(line string) (slog.Level, string) {
	rest, _ := strings.CutPrefix(line, stdlog.Prefix())
	word, message, _ := strings.Cut(rest, " ")
	var level slog.Level
	if err := level.UnmarshalText([]byte(word)); err != nil {
		return i.stdLevel.Level(), line
	}
	return level, message
}

// flushBeforeExit exports the line, and those before it, before the process may end.
// If that fails, or the provider has not accepted the line, it writes the line to the
// plain output, so that it is not lost altogether.
func (i *installation) flushBeforeExit(line []byte, k callKind, accepted bool) {
	timeout := fatalFlushTimeout
	if k == panicking {
		timeout = panicFlushTimeout
	}
	if err := i.flush(timeout); err != nil || !accepted {
		_, _ = i.plain.Write(line) // there is nowhere left to report an error
	}
}

// flush calls the provider's ForceFlush, and returns when it does or at the timeout.
// It does not rely on ForceFlush to obey its context.
func (i *installation) flush(timeout time.Duration) error {
	p, ok := i.provider.(interface{ ForceFlush(context.Context) error })
	if !ok {
		return errNoFlush
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- fmt.Errorf("%w: %s", errPanicked, panictext.Of(v))
			}
		}()
		done <- p.ForceFlush(ctx)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
