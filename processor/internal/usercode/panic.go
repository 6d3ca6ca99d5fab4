package usercode

import (
	"errors"
	"fmt"

	"github.com/krunchwrapper/asynclog/internal/panictext"
)

// ErrPanic marks the errors that were panics of user code.
var ErrPanic = errors.New("panic")

// PanicError returns the error for a panic with the value v. where names the code that
// panicked.
func PanicError(where string, v any) error {
	return fmt.Errorf("asynclog: %s: %w: %s", where, ErrPanic, panictext.Of(v))
}

// GoexitError returns the error for code that ended its goroutine instead of returning.
// It counts as a panic.
func GoexitError(where string) error { return PanicError(where, "runtime.Goexit") }
