package envconfig

import (
	"fmt"
	"strings"
)

// Origin is the kind of a [Source].
type Origin int

// Where a value can come from, from the weakest to the strongest.
const (
	Unknown       Origin = iota // the Config was not made by Load
	FromProfile                 // the defaults of the environment
	FromDetection               // concluded from something else
	FromFile                    // the configuration file
	FromVariable                // an environment variable
	FromOption                  // an option in the code
)

// String returns the origin as a word.
func (o Origin) String() string {
	switch o {
	case FromProfile:
		return "profile"
	case FromDetection:
		return "detected"
	case FromFile:
		return "file"
	case FromVariable:
		return "variable"
	case FromOption:
		return "option"
	default:
		return "unknown"
	}
}

// Source says where a value of a [Config] came from.
type Source struct {
	// Origin is the kind of the source.
	Origin Origin

	// Name says which one: the option (WithQueueSize), the environment variable
	// (ASYNC_LOG_QUEUE_SIZE), the key in the file
	// (logging.async_logging.queue_size), the profile (production), or what the
	// value was concluded from (DEBUG=true).
	Name string

	// File, Line and Column are the place of the value in the configuration file.
	// Line and Column count from 1, Column in characters. Zero for other origins.
	File         string
	Line, Column int

	// Adjusted says what was asked for and why it is not what is used, where a
	// value was brought into range; else it is empty.
	Adjusted string

	// Ignored are the values that were given but not usable, such as
	// ASYNC_LOG_QUEUE_SIZE="many".
	Ignored []string
}

// String returns the source in one line, such as
//
//	file config/config.jsonc:5:21
//	variable OTEL_BLRP_MAX_QUEUE_SIZE; ignored ASYNC_LOG_QUEUE_SIZE="many"
func (s Source) String() string {
	var b strings.Builder
	b.WriteString(s.Origin.String())
	switch {
	case s.Origin == FromFile:
		fmt.Fprintf(&b, " %s:%d:%d", s.File, s.Line, s.Column)
	case s.Origin == FromDetection:
		b.WriteString(": " + s.Name)
	case s.Name != "":
		b.WriteString(" " + s.Name)
	}
	if s.Adjusted != "" {
		b.WriteString("; " + s.Adjusted)
	}
	if len(s.Ignored) > 0 {
		b.WriteString("; ignored " + strings.Join(s.Ignored, ", "))
	}
	return b.String()
}

// Sources has the source of each value of a [Config]; the fields have the same
// names.
type Sources struct {
	Environment    Source
	Level          Source
	Async          Source
	Verbose        Source
	QueueSize      Source
	BatchSize      Source
	ExportInterval Source
	ExportTimeout  Source
	File           Source
}
