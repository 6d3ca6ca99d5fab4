package env

// The variables, named as in the section "Batch LogRecord Processor" of the
// OpenTelemetry environment variable specification.
const (
	// BLRPMaxQueueSize is the size of the queue, in records; see [Int].
	BLRPMaxQueueSize = "OTEL_BLRP_MAX_QUEUE_SIZE"

	// BLRPScheduleDelay is the time between two exports, in milliseconds; see [Millis].
	BLRPScheduleDelay = "OTEL_BLRP_SCHEDULE_DELAY"

	// BLRPExportTimeout is the timeout of an export, in milliseconds; see [Millis].
	BLRPExportTimeout = "OTEL_BLRP_EXPORT_TIMEOUT"

	// BLRPMaxExportBatchSize is the largest number of records in an export; see [Int].
	BLRPMaxExportBatchSize = "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"
)
