package processor

import (
	"time"

	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// Overflow says what happens to a record that finds the queue full. It is one of
// [DropNewest], [DropOldest], [DropLowest] and the result of [Block], and is set with
// [WithOverflow]. Under each policy the records of one goroutine reach a single exporter
// in the order in which they were emitted.
//
// A batch that comes back from a failed export may find the queue full, the first time.
// The policy then applies as if the batch had never left: the newest records are
// displaced, or the oldest under [DropOldest], or the oldest of the lowest severity under
// [DropLowest]. See [WithRetry]. A displaced record whose export has failed before is
// counted under the reason of that failure: it may have arrived.
//
// A critical record that is displaced goes to the fallback; see [WithFallback].
type Overflow struct {
	policy  queue.Policy
	maxWait time.Duration
}

var (
	// DropNewest drops the new record. It is the default, and the cheapest: finding
	// the queue full takes no lock.
	DropNewest = Overflow{policy: queue.DropNewest}

	// DropOldest drops the oldest queued record for each new one, as the SDK's batch
	// processor does. [Stats] counts the drops exactly at any time; a drop hook may
	// get them an export interval later.
	DropOldest = Overflow{policy: queue.DropOldest}

	// DropLowest drops the oldest of the queued records with the lowest severity, if
	// that is lower than the severity of the new record, and counts it as
	// [ReasonEvicted]. Otherwise it drops the new record. So a record is accepted as
	// long as the queue contains a less severe one.
	DropLowest = Overflow{policy: queue.DropLowest}
)

// Block makes the caller of a log function wait until the queue has capacity, at most
// for maxWait, and then drops the record. Callers are served in the order in which they
// came. The waiting ends when [Processor.Shutdown] begins. With a maxWait of zero or less
// Block is [DropNewest]. What an exporter logs does not wait, because only the exporter's
// own worker can make the capacity; that holds for the goroutine that it was called on.
//
// LoggerProvider.Shutdown waits for calls that are under way before it shuts the
// processor down, so keep maxWait below the time that a shutdown may take.
func Block(maxWait time.Duration) Overflow {
	if maxWait <= 0 {
		return DropNewest
	}
	return Overflow{policy: queue.Block, maxWait: maxWait}
}

// String returns the policy's name, for messages.
func (o Overflow) String() string {
	switch o.policy {
	case queue.DropOldest:
		return "DropOldest"
	case queue.DropLowest:
		return "DropLowest"
	case queue.Block:
		return "Block(" + o.maxWait.String() + ")"
	default:
		return "DropNewest"
	}
}
