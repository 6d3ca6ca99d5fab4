package metrics

import (
	"maps"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

const (
	// operationNameKey is the attribute, on the histogram and on spans, that
	// has the operation's name. The semantic conventions have none for
	// operations in general.
	operationNameKey = attribute.Key("operation.name")

	// maxNameBytes bounds an operation's name, and an error.type.
	maxNameBytes = 128

	// maxErrorTypes bounds the attribute sets of one operation: ErrorType()
	// may return anything.
	maxErrorTypes = 16
)

// operation has the attribute sets and the statistics of the operations of one
// name. The sets are made once, because making one costs more than recording.
type operation struct {
	name          string
	hash          uint64
	next          atomic.Pointer[operation] // in the registry's bucket; written under its mutex
	nameAttribute attribute.KeyValue
	created       time.Duration // since the registry's epoch

	success []metric.RecordOption
	// failures are the options for each error.type. The map is never changed
	// but replaced, so that a burst of failures takes no lock.
	failures atomic.Pointer[map[string][]metric.RecordOption]

	stripes []stripe
}

func newOperation(name string, hash uint64, created time.Duration, stripes int) *operation {
	op := &operation{
		name:          name,
		hash:          hash,
		created:       created,
		nameAttribute: operationNameKey.String(name),
		stripes:       make([]stripe, stripes),
	}
	for i := range op.stripes {
		op.stripes[i].window = percentileWindow
	}
	op.success = options(op.nameAttribute)
	op.failures.Store(&map[string][]metric.RecordOption{})
	return op
}

func options(attrs ...attribute.KeyValue) []metric.RecordOption {
	return []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(attrs...))}
}

// count counts a measurement in the given stripe or, if that is in use, in the
// next one. It returns the stripe that the caller should use from then on, so that
// timers that met in one stripe use different ones afterwards. If the operation
// has been forgotten, count returns false and counts nothing.
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
		if len(*known) >= maxErrorTypes && errorType != otherErrorType {
			errorType = otherErrorType
			continue
		}
		more := maps.Clone(*known)
		errorType = strings.Clone(errorType) // it may be a piece of something large
		more[errorType] = options(op.nameAttribute, semconv.ErrorTypeKey.String(errorType))
		op.failures.CompareAndSwap(known, &more)
	}
}

// spanName returns the name of a timer's span. Span names are not limited in
// number, so the span of an operation that is counted under overflowName keeps the
// operation's own name.
func (op *operation) spanName(given string) string {
	if op.name == given {
		return op.name
	}
	return cleanName(given)
}

// cleanName returns name as valid UTF-8 of at most maxNameBytes. An OTLP receiver
// refuses a whole request for one invalid string.
func cleanName(name string) string {
	if len(name) <= maxNameBytes && utf8.ValidString(name) {
		return name
	}
	if len(name) > maxNameBytes {
		cut := maxNameBytes
		for cut > maxNameBytes-utf8.UTFMax && !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = name[:cut]
	}
	// One byte may become three: replace with one.
	return strings.ToValidUTF8(name, "?")
}
