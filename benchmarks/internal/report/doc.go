// Package report measures everything, in sections, and writes what it found as
// Markdown with plots. Each section has a file of its own: what it measures and how it
// tells it.
package report
