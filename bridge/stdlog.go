package bridge

import (
	"bytes"
	"context"
	"io"
	stdlog "log"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
)

// levelFatal is the slog level that corresponds to FATAL.
const levelFatal = slog.Level(log.SeverityFatal - severityOffset)

// severityOffset is the distance between OpenTelemetry's severities and slog's
// levels, as in otelslog.
const severityOffset = log.SeverityInfo - log.Severity(slog.LevelInfo)

// stdWriter is the output that an installation gives to the standard log
// package. It makes a record of each line, for the installation in effect.
//
// With no installation in effect it writes to the output it took the place of, for
// those who have kept it: log.New(log.Writer(), …) is common. As that is older
// than this one, it cannot lead back here.
type stdWriter struct{ found io.Writer }

// newStdWriter takes the place of found. As for providers, a writer of another
// installation is passed over.
func newStdWriter(found io.Writer) *stdWriter {
	if w, ok := found.(*stdWriter); ok {
		found = w.found
	}
	return &stdWriter{found: found}
}

// stdWriteFunc is the name of [stdWriter.Write] on the stack.
const stdWriteFunc = pkgPath + ".(*stdWriter).Write"

// Write takes one line. It is called with the mutex of the [stdlog.Logger] held,
// so nothing in here may print with the log package.
func (w *stdWriter) Write(line []byte) (int, error) {
	i := process.active.Load()
	if i == nil {
		return w.found.Write(line)
	}
	c := findCaller()
	if c.own {
		return w.found.Write(line)
	}
	taken := i.print(line, c)
	if c.kind == fatal || c.kind == panicking {
		i.flushBeforeEnd(line, c.kind, taken)
	}
	return len(line), nil
}

// print makes a record of the line, and tells whether the provider takes it.
func (i *installation) print(line []byte, c caller) bool {
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

// splitLevel takes the level off a line of slog's first default handler, which
// formats records as "LEVEL message key=value" and prints them with the log
// package. Loggers obtained before the first SetDefault have that handler for
// ever. If there is no level where one should be, the line is like any other.
func (i *installation) splitLevel(line string) (slog.Level, string) {
	rest, _ := strings.CutPrefix(line, stdlog.Prefix())
	word, message, _ := strings.Cut(rest, " ")
	var level slog.Level
	if err := level.UnmarshalText([]byte(word)); err != nil {
		return i.stdLevel.Level(), line
	}
	return level, message
}
