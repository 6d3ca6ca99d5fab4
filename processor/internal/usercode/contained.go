package usercode

import (
	"context"
	"fmt"
)

// Contained calls f on a goroutine of its own, and waits for it as [Await] does. It returns
// an error if f panics, ends the goroutine, or has not returned by then; what, which is in
// that error, names the code that f calls.
func Contained(ctx context.Context, what string, f func()) error {
	done := make(chan struct{})
	err := GoexitError(what) // stands if f ends the goroutine
	go func() {
		defer close(done)
		defer func() {
			if v := recover(); v != nil {
				err = PanicError(what, v)
			}
		}()
		f()
		err = nil
	}()
	if !Await(ctx, done) {
		return fmt.Errorf("asynclog: %s: %w", what, ctx.Err())
	}
	return err
}
