package processor

// Reason says why a record was lost. One that has been exported in vain, and was lost
// while it waited to be tried again, counts as what came of its last export: it may
// have arrived. The values are those of the error.type
// attribute on the metric otel.sdk.processor.log.processed; queue_full and
// already_shutdown are prescribed by OpenTelemetry's semantic conventions.
type Reason string

// The reasons.
const (
	// ReasonQueueFull: there was no room for the record, or, under
	// [DropOldest], it made room for a newer one; or for an older one that came
	// back from a failed export.
	ReasonQueueFull Reason = "queue_full"
	// ReasonEvicted: it made room for a more severe record, or one that came back
	// from a failed export, under [DropLowest].
	ReasonEvicted Reason = "evicted"
	// ReasonAlreadyShutdown: it came after [Processor.Shutdown] began.
	ReasonAlreadyShutdown Reason = "already_shutdown"
	// ReasonShutdownTimeout: it was still queued when the context of
	// [Processor.Shutdown] ended, and its export had not been tried.
	ReasonShutdownTimeout Reason = "shutdown_timeout"
	// ReasonRecordTooLarge: it is larger alone than a request may be
	// ([WithMaxExportBatchBytes]), or than all that the queue may hold
	// ([WithMaxQueueBytes]).
	ReasonRecordTooLarge Reason = "record_too_large"
	// ReasonExportTimeout: its export, the last one if there were several, did not
	// end in time. It may have arrived: it is not known to be delivered, and not
	// known to be lost.
	ReasonExportTimeout Reason = "export_timeout"
	// ReasonExportFailed: the exporter returned an error, the last time if there
	// were several.
	ReasonExportFailed Reason = "export_failed"
	// ReasonExportPanic: the exporter panicked.
	ReasonExportPanic Reason = "export_panic"
	// ReasonRejected: the receiver took the batch but not this record (OTLP
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

// beforeExport tells whether a record with this fate never reached an exporter.
func (r reason) beforeExport() bool { return r <= recordTooLarge }
