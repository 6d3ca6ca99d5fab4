package bridge

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"

	"go.opentelemetry.io/otel/trace"
)

// maxIDLength is the length up to which an ID from outside is believed to be one.
const maxIDLength = 128

// ValidCorrelationID tells whether a string that comes from outside may be used
// as a correlation ID: it consists of 1 to 128 of the characters A-Z, a-z, 0-9,
// '.', '_', ':' and '-'. That admits UUIDs, ULIDs, trace IDs and the like, and
// nothing that could mean something to a header, a log line, a query or a page.
func ValidCorrelationID(id string) bool {
	if id == "" || len(id) > maxIDLength {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '_', c == ':', c == '-':
		default:
			return false
		}
	}
	return true
}

// NewCorrelationID returns an ID for work that has none: the ID of the context's
// trace, so that one ID leads to both, or 128 random bits where there is no trace.
// Either way it is 32 hexadecimal digits. The context may be nil.
//
// Use it with [ContextWithCorrelationID] where work begins that is not an HTTP
// request: a message, a job. Nothing but [Middleware] and [PhaseLogger.LogAny]
// makes IDs of its own accord.
func NewCorrelationID(ctx context.Context) string {
	if sc := trace.SpanContextFromContext(ctx); sc.HasTraceID() {
		return sc.TraceID().String()
	}
	// As random as the trace IDs of the SDK, which come from the same source.
	var b [16]byte
	binary.NativeEndian.PutUint64(b[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(b[8:], rand.Uint64())
	return hex.EncodeToString(b[:])
}
