// Package panictext converts the value of a panic to text.
//
// Code that recovers from panics of other people's code reports them. For that, [fmt]
// does not suffice if the value's own methods panic: fmt recovers from one panic, but
// not from a second one while it prints the first.
package panictext

import "fmt"

// Of returns the value as fmt prints it with %v, or its type in parentheses if
// printing it panics. It does not panic.
func Of(v any) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("(%T)", v)
		}
	}()
	return fmt.Sprint(v)
}
