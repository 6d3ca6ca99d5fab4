// Package panictext turns what a function panicked with into text.
//
// Whoever contains the panics of others' code wants to say what happened, and
// [fmt] is no help with a value whose own methods panic: it contains one panic,
// and passes on one that happens while it prints that.
package panictext

import "fmt"

// Of returns the value as fmt prints it with %v, or its type in parentheses if it
// cannot be printed. It does not panic.
func Of(v any) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("(%T)", v)
		}
	}()
	return fmt.Sprint(v)
}
