package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"time"
)

// Upper limits of the flags. They keep a typing error from using all memory: a full
// queue of maxQueue records takes about 600 MB.
const (
	maxRepeat  = 1_000_000_000
	maxWorkers = 1000
	maxQueue   = 1_000_000
	maxMaxWait = time.Minute
)

// defaultQueue is the OpenTelemetry SDK's default. It is small enough for a reader to
// see a queue fill up.
const defaultQueue = 2048

// options holds the values from the command line.
type options struct {
	out     string
	repeat  int
	workers int
	queue   int // 0: as configured
	policy  string
	maxWait time.Duration // of policyBlock
	files   []string
}

// usage returns the help text of the program.
func usage() string {
	return fmt.Sprintf(`Usage: files [flags] [file ...]

Puts texts through a pipeline that logs each phase, and shows where every record
went. A file named - is standard input. Without files it reads the Markdown files
of the Go module around the working directory.

  -out FILE      where the records go, one JSON object a line; the file is
                 overwritten (default -, standard output)
  -repeat N      process each text N times, to generate load (default 1)
  -workers N     texts processed at the same time (default %d)
  -overflow P    what happens to a record when the queue is full (default drop-newest):
                   drop-newest  it is dropped
                   drop-oldest  the oldest queued record is dropped
                   drop-lowest  the least severe queued record is dropped
                   block        the log call waits for space; if there is none in time,
                                the record is dropped
  -maxwait D     how long a log call waits under -overflow block, at most %v (default 1s)
  -queue N       how many records can be queued, at most %s
                 (default ASYNC_LOG_QUEUE_SIZE, else OTEL_BLRP_MAX_QUEUE_SIZE, else
                 config/config.jsonc, else %s)

A text is UTF-8 without zero bytes, of at most %d MiB; others are reported and skipped.

Exit status: 0 success, 1 a text failed or records were lost other than by the
overflow policy, 2 the command line is wrong, 130 interrupted.
`, runtime.GOMAXPROCS(0), maxMaxWait, thousands(maxQueue), thousands(defaultQueue), maxText>>20)
}

// parseFlags parses the command line, without the name of the program.
func parseFlags(args []string) (options, error) {
	o := options{out: "-", repeat: 1, workers: runtime.GOMAXPROCS(0), policy: policyDropNewest}

	fs := flag.NewFlagSet("files", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // run prints the error; the whole usage would hide it
	fs.StringVar(&o.out, "out", o.out, "")
	fs.Func("repeat", "", wholeNumber(&o.repeat, maxRepeat))
	fs.Func("workers", "", wholeNumber(&o.workers, maxWorkers))
	fs.Func("queue", "", wholeNumber(&o.queue, maxQueue))
	fs.Func("overflow", "", policyFlag(&o.policy))
	fs.Func("maxwait", "", maxWaitFlag(&o.maxWait))
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	o.files = fs.Args()

	if o.out == "" {
		return o, errors.New(`invalid value "" for flag -out: must be the name of a file, or - for standard output`)
	}
	if o.maxWait != 0 && o.policy != policyBlock {
		return o, fmt.Errorf("flag -maxwait is for -overflow block, not for %s", o.policy)
	}
	if o.maxWait == 0 {
		o.maxWait = time.Second
	}
	for _, name := range o.files {
		if len(name) > 1 && name[0] == '-' {
			return o, fmt.Errorf("flag %s after a file name: flags come first, and a file of that name is ./%s", name, name)
		}
	}
	return o, nil
}

// wholeNumber returns a function that parses a number from 1 to limit into to.
func wholeNumber(to *int, limit int) func(string) error {
	return func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > limit {
			return fmt.Errorf("must be a whole number from 1 to %d", limit)
		}
		*to = n
		return nil
	}
}

// maxWaitFlag returns a function that parses the value of -maxwait into to.
func maxWaitFlag(to *time.Duration) func(string) error {
	return func(s string) error {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 || d > maxMaxWait {
			return fmt.Errorf("must be a duration such as 500ms or 2s, more than 0 and at most %v", maxMaxWait)
		}
		*to = d
		return nil
	}
}
