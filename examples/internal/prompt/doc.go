// Package prompt is what the examples do for a living: it looks at the text of a
// prompt, and makes it smaller without losing any of it.
package prompt
