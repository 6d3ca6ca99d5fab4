// Package lineexporter is the exporter of local output: it writes records as lines of
// JSON to a writer.
//
// A batch is encoded whole before a byte of it is written, and each line is one call of
// Write. The error of an export that fails in the middle says how many records have been
// written; the processor counts these as exported, and exports only the others again. A
// half-written line is completed by the next export. So nothing is written twice, and no
// line is glued to another.
//
// There is no export timeout: a writer that is slow makes progress, and a timeout would
// throw it away.
package lineexporter
