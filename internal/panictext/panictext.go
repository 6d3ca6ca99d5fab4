// Package panictext converts the value of a panic into text.
//
// Code that recovers from a panic of foreign code has to say what happened. [fmt]
// is not safe for a value whose own methods panic: it recovers from one such panic,
// but not from a second one while it prints the first.
package panictext

import "fmt"

// Of returns v as fmt prints it with %v, or its type in parentheses if v cannot be
// printed. Of does not panic.
func Of(v any) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("(%T)", v)
		}
	}()
	return fmt.Sprint(v)
}
