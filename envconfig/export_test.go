package envconfig

// Origin and its constants are internal: users read [Source.String].
type Origin = origin

const (
	Unknown      = originUnknown
	FromProfile  = originProfile
	FromFile     = originFile
	FromVariable = originVariable
)

// Origin returns the kind of the source.
func (s Source) Origin() Origin { return s.origin }

// WithLookup sets how environment variables are looked up. The function returns the
// value, and whether the variable is set.
func WithLookup(lookup func(key string) (string, bool)) Option {
	return optionFunc(func(o options) options {
		o.lookup = lookup
		return o
	})
}

// WithArgs sets the arguments of the command line that are searched for --debug.
func WithArgs(args []string) Option {
	return optionFunc(func(o options) options {
		o.args = args
		return o
	})
}

// WithErrorHandler sets the function that Load calls for each unusable value of an
// environment variable; nil: otel.Handle, once for each variable and value.
func WithErrorHandler(handle func(error)) Option {
	return optionFunc(func(o options) options {
		o.handle = handle
		return o
	})
}

// WithReadFile sets how the configuration file is read; nil: from the file system.
func WithReadFile(read func(path string) ([]byte, error)) Option {
	return optionFunc(func(o options) options {
		o.readFile = read
		return o
	})
}
