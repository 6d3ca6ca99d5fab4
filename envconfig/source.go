package envconfig

import (
	"fmt"
	"strings"
)

// origin is the kind of a [Source].
type origin int

// The origins of a value, from the weakest to the strongest.
const (
	originUnknown   origin = iota // the Config was not made by Load
	originProfile                 // the defaults of the environment
	originDetection               // derived from something else
	originFile                    // the configuration file
	originVariable                // an environment variable
	originOption                  // an option in the code
)

// String returns the origin as a word.
func (o origin) String() string {
	switch o {
	case originProfile:
		return "profile"
	case originDetection:
		return "detected"
	case originFile:
		return "file"
	case originVariable:
		return "variable"
	case originOption:
		return "option"
	default:
		return "unknown"
	}
}

// Source describes where a value of a [Config] came from. String returns it as text.
type Source struct {
	origin origin

	// Name is the name of the source: the option (WithQueueSize), the environment
	// variable (ASYNC_LOG_QUEUE_SIZE), the key in the file
	// (logging.async_logging.queue_size), the profile (production), or what the value
	// was derived from (DEBUG=true). It is empty if the Config was not made by Load.
	Name string

	// File, Line and Column are the position of the value in the configuration file.
	// Line and Column count from 1, Column in characters. They are zero for a value from
	// elsewhere.
	File         string
	Line, Column int

	// Adjusted has the requested value and the reason for the change, if a value was
	// brought into range. Otherwise it is empty.
	Adjusted string

	// Ignored are the values that were given but not usable, such as
	// ASYNC_LOG_QUEUE_SIZE="many".
	Ignored []string
}

// String returns the source in one line, such as
//
//	file config/config.jsonc:5:21
//	variable OTEL_BLRP_MAX_QUEUE_SIZE; ignored ASYNC_LOG_QUEUE_SIZE="many"
//
// The first word is option, variable, file, detected, profile or unknown.
func (s Source) String() string {
	var b strings.Builder
	b.WriteString(s.origin.String())
	switch {
	case s.origin == originFile:
		fmt.Fprintf(&b, " %s:%d:%d", shownPath(s.File), s.Line, s.Column)
	case s.origin == originDetection:
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

// Sources has the source of each value of a [Config]. The fields have the same names as
// those of Config.
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
