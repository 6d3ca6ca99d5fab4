// Package report makes all measurements, in sections, and writes the results as Markdown
// with plots. Each section has a file of its own, with its measurements and its text.
package report
