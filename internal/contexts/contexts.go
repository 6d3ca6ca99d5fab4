// Package contexts contains what several packages need for the contexts that callers
// pass in.
package contexts

import "context"

// OrBackground returns the context, or the background context if it is nil.
func OrBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
