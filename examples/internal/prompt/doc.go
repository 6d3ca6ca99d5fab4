// Package prompt is the work that the examples do: it analyses the text of a prompt, and
// compresses it without loss.
package prompt
