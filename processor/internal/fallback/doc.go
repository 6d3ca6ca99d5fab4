// Package fallback writes records that cannot be exported to a writer, one JSON line
// each. It never makes a caller wait for the writer.
package fallback
