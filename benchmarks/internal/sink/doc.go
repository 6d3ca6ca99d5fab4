// Package sink is where records end: a place that takes everything at once, after a
// while, or not at all until it is released, and counts what it has acknowledged.
// Exporters hand it batches of records and writers hand it lines; the same sink
// takes both.
package sink
