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

// Config is how the log pipeline is to work. [Load] makes one; it is a plain
// value, which the caller may change.
//
// What Load returns is in range: each number and duration is at least 1,
// BatchSize is at most QueueSize and 65,536, and Level is one of OpenTelemetry's.
type Config struct {
	// Environment decides what the other values are where nobody sets them.
	Environment Environment

	// Level is the minimum level: what is below it is not logged.
	Level slog.Level

	// Async says that records are queued and exported in the background. If it is
	// false, each is exported by the goroutine that logs it, which waits.
	Async bool

	// Verbose says that phases are logged.
	Verbose bool

	// QueueSize is how many records can be queued.
	QueueSize int

	// BatchSize is how many records an exporter is given at most in one call.
	BatchSize int

	// ExportInterval is how long a record waits, at most, for others to fill a
	// batch with.
	ExportInterval time.Duration

	// ExportTimeout is after which time the context of an export ends.
	ExportTimeout time.Duration

	// File is the configuration file that was read; "" if none was.
	File string

	// Sources says where each of the values came from.
	Sources Sources
}

// ProcessorOptions returns the configuration as options for [processor.New].
// Level becomes a minimum severity that does not change; for one that does, add a
// further processor.WithMinSeverity after these.
//
//nolint:gocritic // hugeParam: a Config is a value, and this is called once
func (c Config) ProcessorOptions() []processor.Option {
	opts := []processor.Option{
		processor.WithMaxQueueSize(c.QueueSize),
		processor.WithExportMaxBatchSize(c.BatchSize),
		processor.WithExportInterval(c.ExportInterval),
		processor.WithExportTimeout(c.ExportTimeout),
		processor.WithMinSeverity(fixed(severity.FromLevel(c.Level))),
	}
	if !c.Async {
		opts = append(opts, processor.WithSynchronous())
	}
	return opts
}

// fixed is a minimum severity that stays what it is.
type fixed log.Severity

func (f fixed) Severity() log.Severity { return log.Severity(f) }

// String returns a table of the values, with the name and the source of each.
func (c Config) String() string {
	file := c.File
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
