// Package backoff decides when an exporter whose exports fail may take the next batch.
//
// An exporter that fails pauses, longer each time, and leaves the batches to those that
// work: an exporter that refuses at once is always free, and would otherwise get most of
// the batches. If none works there is one common pause, after which one exporter tries
// one batch; the exporters take turns, so that the end of an outage is found. A flush
// cuts a pause short, once.
//
// An exporter that has not exported yet counts as working. One that has not returned by
// the deadline of its export does not.
package backoff
