package processor

import (
	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// Reason says why a record was lost. A record that was lost while it waited for a
// retry counts under the reason of its last failed export: it may have arrived. The
// values are those of the error.type attribute on the metric
// otel.sdk.processor.log.processed; queue_full and already_shutdown are prescribed by
// OpenTelemetry's semantic conventions.
type Reason string

// The reasons.
const (
	// ReasonQueueFull: there was no capacity for the record, or, under [DropOldest], it
	// was displaced by a newer one, or by an older one that came back from a failed
	// export.
	ReasonQueueFull Reason = "queue_full"
	// ReasonEvicted: it was displaced under [DropLowest], by a more severe record or by
	// one that came back from a failed export.
	ReasonEvicted Reason = "evicted"
	// ReasonAlreadyShutdown: it came after [Processor.Shutdown] began.
	ReasonAlreadyShutdown Reason = "already_shutdown"
	// ReasonShutdownTimeout: it was still queued when the context of
	// [Processor.Shutdown] ended, and its export had not been tried.
	ReasonShutdownTimeout Reason = "shutdown_timeout"
	// ReasonRecordTooLarge: the record by itself is larger than a request may be
	// ([WithExportMaxBatchBytes]), or than the whole queue ([WithMaxQueueBytes]).
	ReasonRecordTooLarge Reason = "record_too_large"
	// ReasonExportTimeout: its export, the last one if there were several, did not
	// end in time. It may have arrived: it is not known to be delivered, and not
	// known to be lost.
	ReasonExportTimeout Reason = "export_timeout"
	// ReasonExportFailed: the exporter returned an error, for the last export if
	// there were several.
	ReasonExportFailed Reason = "export_failed"
	// ReasonExportPanic: the exporter panicked.
	ReasonExportPanic Reason = "export_panic"
	// ReasonRejected: the receiver accepted the batch but not this record (OTLP
	// partial success).
	ReasonRejected Reason = "rejected"
)

// reason is a Reason as an index into the ledger.
type reason uint8

const (
	queueFull reason = iota
	evicted
	alreadyShutdown
	shutdownTimeout
	recordTooLarge
	exportTimeout
	exportFailed
	exportPanic
	rejected
	numReasons
)

var reasonNames = [numReasons]Reason{
	queueFull:       ReasonQueueFull,
	evicted:         ReasonEvicted,
	alreadyShutdown: ReasonAlreadyShutdown,
	shutdownTimeout: ReasonShutdownTimeout,
	recordTooLarge:  ReasonRecordTooLarge,
	exportTimeout:   ReasonExportTimeout,
	exportFailed:    ReasonExportFailed,
	exportPanic:     ReasonExportPanic,
	rejected:        ReasonRejected,
}

// beforeExport reports whether records are lost for this reason before an exporter gets
// them.
func (r reason) beforeExport() bool { return r <= recordTooLarge }

// The ledger counts lost records by reason and by severity range. The ranges are those of
// OpenTelemetry's log data model: unspecified, TRACE, DEBUG, INFO, WARN, ERROR, FATAL.
const severityRanges = 7

// rangeNames are the names of the ranges in metrics and statistics.
var rangeNames = [severityRanges]string{"UNSPECIFIED", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}

// rangeOf returns the index of the severity's range. Numbers outside the data model
// count in the nearest range.
func rangeOf(s log.Severity) int {
	if s <= 0 {
		return 0
	}
	return (int(min(s, queue.MaxLevel)) + 3) / 4 // limited first: the highest int plus 3 is negative
}

// lowestOf returns the lowest severity of a range.
func lowestOf(r int) log.Severity {
	if r == 0 {
		return log.SeverityUndefined
	}
	return log.Severity(4*r - 3)
}

// levelOf returns the level that the severity has in the queue.
func levelOf(s log.Severity) uint8 {
	return uint8(min(max(s, 0), queue.MaxLevel))
}
