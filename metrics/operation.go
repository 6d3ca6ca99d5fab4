package metrics

import (
	"context"
	"maps"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// mostNameBytes is the longest an operation's name can be, and an error.type.
const mostNameBytes = 128

// operation is all that is known of the operations of one name: its attribute
// sets, which are made once because making them costs more than recording, and
// its statistics.
type operation struct {
	name          string
	hash          uint64
	next          atomic.Pointer[operation] // in the registry's bucket; written under its mutex
	monitor       *Monitor
	nameAttribute attribute.KeyValue
	born          time.Duration // since the registry's epoch

	success []metric.RecordOption
	// failures are the options for each error.type. The map is never changed
	// but replaced, so that a storm of failures takes no lock.
	failures atomic.Pointer[map[string][]metric.RecordOption]

	stripes []stripe
}

func newOperation(m *Monitor, name string, hash uint64, born time.Duration, stripes, window int) *operation {
	op := &operation{
		name:          name,
		hash:          hash,
		monitor:       m,
		born:          born,
		nameAttribute: OperationNameKey.String(name),
		stripes:       make([]stripe, stripes),
	}
	for i := range op.stripes {
		op.stripes[i].window = max(window, recentCount)
	}
	op.success = options(op.nameAttribute)
	op.failures.Store(&map[string][]metric.RecordOption{})
	return op
}

func options(attrs ...attribute.KeyValue) []metric.RecordOption {
	return []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(attrs...))}
}

// record enters a measurement into the histogram and the statistics. errorType is
// "" for a success. It returns the stripe to use the next time.
func (op *operation) record(ctx context.Context, stripe uint32, start time.Time, d time.Duration, errorType string) uint32 {
	opts := op.success
	if errorType != "" {
		opts = op.failureOptions(errorType)
	}
	op.monitor.histogram.Record(ctx, d.Seconds(), opts...)

	end := op.monitor.operations.since(start) + d
	for {
		counted, next := op.count(stripe, end, d, errorType != "")
		if counted {
			return next
		}
		// The operation was forgotten while the timer ran.
		op = op.monitor.operations.renew(op.name)
	}
}

// count counts a measurement in the given stripe or, if that is in use, in the
// next, which is then the one to stay with: users of one stripe part ways. It
// tells false, and counts nothing, if the operation has been forgotten.
func (op *operation) count(stripe uint32, end, d time.Duration, failed bool) (counted bool, next uint32) {
	mask := uint32(len(op.stripes) - 1)
	s := &op.stripes[stripe&mask]
	if !s.mu.TryLock() {
		stripe++
		s = &op.stripes[stripe&mask]
		s.mu.Lock()
	}
	counted = s.addLocked(end, d, failed)
	s.mu.Unlock()
	return counted, stripe
}

// failureOptions returns the options for failures of a type.
func (op *operation) failureOptions(errorType string) []metric.RecordOption {
	for {
		known := op.failures.Load()
		if opts, ok := (*known)[errorType]; ok {
			return opts
		}
		if len(*known) >= mostErrorTypes && errorType != otherErrorType {
			errorType = otherErrorType
			continue
		}
		more := maps.Clone(*known)
		errorType = strings.Clone(errorType) // it may be a piece of something large
		more[errorType] = options(op.nameAttribute, semconv.ErrorTypeKey.String(errorType))
		op.failures.CompareAndSwap(known, &more)
	}
}

// spanName is the name of a timer's span. Spans have no limit to their names, so
// one that is counted under OverflowName keeps its own.
func (op *operation) spanName(given string) string {
	if op.name == given {
		return op.name
	}
	return cleanName(given)
}

// cleanName returns a name that an OTLP receiver takes and that is not long: an
// invalid string makes it refuse the whole request.
func cleanName(name string) string {
	if len(name) <= mostNameBytes && utf8.ValidString(name) {
		return name
	}
	if len(name) > mostNameBytes {
		cut := mostNameBytes
		for cut > mostNameBytes-utf8.UTFMax && !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = name[:cut]
	}
	// One byte may become three: replace with one.
	return strings.ToValidUTF8(name, "?")
}
