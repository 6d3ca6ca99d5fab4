package envconfig

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/severity"
	"github.com/krunchwrapper/asynclog/processor"
)

// Config is the configuration of the log pipeline. [Load] returns one. It is a plain
// value, which the caller may change.
//
// The values that Load returns are in range: each number and duration is at least 1,
// BatchSize is at most QueueSize and at most 65,536, and Level has a severity in
// OpenTelemetry.
type Config struct {
	// Environment decides the defaults of the other values.
	Environment Environment

	// Level is the minimum level: records below it are not logged.
	Level slog.Level

	// Async: records are queued and exported in the background. If it is false, the
	// goroutine that logs a record exports it, and waits.
	Async bool

	// Verbose: phases are logged.
	Verbose bool

	// QueueSize is the number of records that the queue holds.
	QueueSize int

	// BatchSize is the largest number of records in one call of an exporter.
	BatchSize int

	// ExportInterval is the longest time that a record waits until its batch is full.
	ExportInterval time.Duration

	// ExportTimeout is the time after which the context of an export ends.
	ExportTimeout time.Duration

	// File is the path of the configuration file that was read; "": none.
	File string

	// Sources has the source of each value.
	Sources Sources
}

// ProcessorOptions returns the configuration as options for [processor.New].
// Level becomes a fixed minimum severity. For one that changes, add another
// processor.WithMinSeverity after these options.
//
//nolint:gocritic // hugeParam: a Config is a value, and this is called once
func (c Config) ProcessorOptions() []processor.Option {
	opts := []processor.Option{
		processor.WithMaxQueueSize(c.QueueSize),
		processor.WithExportMaxBatchSize(c.BatchSize),
		processor.WithExportInterval(c.ExportInterval),
		processor.WithExportTimeout(c.ExportTimeout),
		processor.WithMinSeverity(fixedSeverity(severity.FromLevel(c.Level))),
	}
	if !c.Async {
		opts = append(opts, processor.WithSynchronous())
	}
	return opts
}

// fixedSeverity is a minimum severity that does not change.
type fixedSeverity log.Severity

func (s fixedSeverity) Severity() log.Severity { return log.Severity(s) }

// String returns a table of the values, with the name and the source of each.
func (c Config) String() string {
	file := shownPath(c.File)
	if file == "" {
		file = "none"
	}
	rows := []struct {
		name, value string
		source      Source
	}{
		{"environment", string(c.Environment), c.Sources.Environment},
		{"level", LevelName(c.Level), c.Sources.Level},
		{"async", strconv.FormatBool(c.Async), c.Sources.Async},
		{"verbose", strconv.FormatBool(c.Verbose), c.Sources.Verbose},
		{"queue size", strconv.Itoa(c.QueueSize), c.Sources.QueueSize},
		{"batch size", strconv.Itoa(c.BatchSize), c.Sources.BatchSize},
		{"export interval", c.ExportInterval.String(), c.Sources.ExportInterval},
		{"export timeout", c.ExportTimeout.String(), c.Sources.ExportTimeout},
		{"file", file, c.Sources.File},
	}
	widest := 0
	for _, row := range rows {
		widest = max(widest, utf8.RuneCountInString(row.value))
	}
	var b strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&b, "%-15s  %-*s  %s\n", row.name, widest, row.value, row.source)
	}
	return b.String()
}
