package processor

import (
	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// Records are counted by severity range, as OpenTelemetry's log data model
// groups the severity numbers: unspecified, TRACE, DEBUG, INFO, WARN, ERROR,
// FATAL.
const severityRanges = 7

// rangeNames are the names that metrics and statistics give the ranges.
var rangeNames = [severityRanges]string{"UNSPECIFIED", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}

// rangeOf returns the index of the severity's range. Numbers outside the data
// model count as the range they lie next to.
func rangeOf(s log.Severity) int {
	if s <= 0 {
		return 0
	}
	return (int(min(s, queue.MaxLevel)) + 3) / 4 // the sum of the highest int and 3 is negative
}

// lowestOf returns the lowest severity of a range.
func lowestOf(r int) log.Severity {
	if r == 0 {
		return log.SeverityUndefined
	}
	return log.Severity(4*r - 3)
}

// levelOf returns the rank of the severity in the queue.
func levelOf(s log.Severity) uint8 {
	return uint8(min(max(s, 0), queue.MaxLevel))
}
