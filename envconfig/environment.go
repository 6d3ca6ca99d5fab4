package envconfig

// Environment says what a program runs for, and so which profile its defaults
// come from.
type Environment string

// The environments there are.
const (
	// Development logs from DEBUG on, into a queue for 20,000 records.
	Development Environment = "development"

	// Production logs from INFO on, into a queue for 50,000 records. It is what a
	// program runs in when nothing says development.
	Production Environment = "production"
)
