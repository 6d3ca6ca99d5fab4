package env

// The variables, named as in the section "Batch LogRecord Processor" of the
// OpenTelemetry environment variable specification.
const (
	// BLRPMaxQueueSize holds the most records that may be queued; see [Int].
	BLRPMaxQueueSize = "OTEL_BLRP_MAX_QUEUE_SIZE"

	// BLRPScheduleDelay holds the milliseconds between two exports; see [Millis].
	BLRPScheduleDelay = "OTEL_BLRP_SCHEDULE_DELAY"

	// BLRPExportTimeout holds the milliseconds one export may take; see [Millis].
	BLRPExportTimeout = "OTEL_BLRP_EXPORT_TIMEOUT"

	// BLRPMaxExportBatchSize holds the most records of one export; see [Int].
	BLRPMaxExportBatchSize = "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"
)
