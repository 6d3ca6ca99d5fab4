package contender

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// What every call logs: the line of an access log.
const (
	message = "request served: a message of ordinary length"
	method  = "GET"
	path    = "/api/v1/documents/42"
	status  = 200
	took    = 1234567 * time.Nanosecond
	cached  = true
)

// record is the message as a log processor gets it.
func record() sdklog.Record {
	return exportertest.Record(log.SeverityInfo, message,
		attribute.String("method", method),
		attribute.String("path", path),
		attribute.Int("status", status),
		attribute.Int64("took", int64(took)),
		attribute.Bool("cached", cached),
	)
}
