package envconfig

// Origin is the kind of a [Source].
type Origin int

// Where a value can come from, from the weakest to the strongest.
const (
	FromProfile  Origin = iota // the defaults of the environment
	FromDetected               // the environment alone: concluded from something else
	FromFile                   // the configuration file
	FromVariable               // an environment variable
	FromOption                 // an option in the code
)

// Source says where a value of a [Config] came from.
type Source struct {
	// Origin is the kind of the source.
	Origin Origin

	// Name says which one: the option (WithQueueSize), the environment variable
	// (ASYNC_LOG_QUEUE_SIZE), the key in the file
	// (logging.async_logging.queue_size), the profile (production), or what the
	// environment was concluded from (DEBUG=true).
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

// String returns the source as a few words.
func (s Source) String() string { return s.Name }
