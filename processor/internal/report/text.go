package report

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/krunchwrapper/asynclog/internal/foreigntext"
	"github.com/krunchwrapper/asynclog/processor/internal/exporterr"
)

// MaxText is the length of the longest text of an error, in bytes.
const MaxText = 2 << 10

// Text returns the text of an error on one line: foreign text in it can neither begin a
// line of its own nor give orders to a terminal. Errors that errors.Join has joined are
// separated by semicolons.
func Text(err error) string {
	budget := maxErrors
	return foreigntext.Line(joined(err, &budget), MaxText)
}

// maxErrors is how many errors are looked into: an error may contain itself.
const maxErrors = 100

// joined returns the text of an error with semicolons where errors.Join has line breaks.
// It looks into no more errors than the budget allows.
func joined(err error, budget *int) string {
	text := fmt.Sprint(err) // which recovers from panics of the error's own methods
	all, ok := err.(interface{ Unwrap() []error })
	if *budget--; !ok || *budget < 0 {
		return text
	}
	inner := slices.DeleteFunc(slices.Clone(all.Unwrap()), func(e error) bool { return e == nil })
	parts := make([]string, len(inner))
	for i, e := range inner {
		parts[i] = fmt.Sprint(e)
	}
	if text != strings.Join(parts, "\n") {
		return text
	}
	for i, e := range inner {
		parts[i] = joined(e, budget)
	}
	return strings.Join(parts, "; ")
}

// OneLine returns an error that wraps err, and whose text is that of [Text]; nil for nil.
// It asks for the text only when somebody reads it: the text is user code, which may block
// or end the goroutine, and Shutdown must do neither.
func OneLine(err error) error {
	if err == nil {
		return nil
	}
	return lazyLine{err}
}

// line is an error whose text is one line.
type line struct {
	text string
	err  error
}

func (l *line) Error() string { return l.text }
func (l *line) Unwrap() error { return l.err }

// lazyLine is a line whose text is made when it is read.
type lazyLine struct{ err error }

func (l lazyLine) Error() string { return Text(l.err) }
func (l lazyLine) Unwrap() error { return l.err }

// closedPipe returns the name of the file that is a pipe which nobody reads any more, if
// that is the error: nothing can mend it, so one report is enough. A connection that the
// other side has closed gives the same error number, but is no file.
func closedPipe(err error) (name string, ok bool) {
	// The error may be an exporter's, and wrap itself.
	if file, ok := exporterr.As[*fs.PathError](err); ok && file != nil && exporterr.Is(file.Err, errBrokenPipe) {
		return file.Path, true
	}
	return "", false
}
