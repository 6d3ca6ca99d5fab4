// Package lineexporter is the exporter of local output: it writes records as lines of
// JSON to a writer.
//
// Each line is one call of Write. A batch is encoded before a byte of it is written, a large
// one in pieces: no record can stop the encoder. The error of an export that fails in the
// middle says how many records have been written; the processor counts these as exported, and
// exports only the others again. A half-written line is completed by the next export, or by
// Shutdown. So nothing is written twice, and no line is glued to another.
//
// The exporter cannot know what a writer has written that panics, ends its goroutine or
// returns a negative count, and takes it for nothing: a line may then be there twice.
//
// There is no export timeout: a writer that is slow makes progress, and a timeout would
// throw it away.
//
// A record is counted as exported when its line is whole. If the line of a record is completed
// after the record gave way to others or was lost, the line is there all the same, and the
// record counts as lost.
package lineexporter
