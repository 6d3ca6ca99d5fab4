// Package usercode protects the processor's goroutines from code that is not its own:
// exporters, fallback writers, error handlers, drop hooks and the methods of errors.
// Such code may panic, end the goroutine that it runs on (runtime.Goexit), or not
// return.
package usercode
