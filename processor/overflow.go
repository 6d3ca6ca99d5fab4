package processor

import (
	"time"

	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// Overflow says what happens to a record for which the queue has no room. It is
// one of [DropNewest], [DropOldest], [DropLowest] and what [Block] returns, and
// given with [WithOverflow]. Under each of them the records of one goroutine
// reach a single exporter in the order in which they were emitted.
//
// A batch that comes back from a failed export may find the queue full, the first
// time; then the policy applies as if it had never left: the newest records give way,
// or the oldest under [DropOldest], or the oldest of the lowest severity under
// [DropLowest]. See [WithRetry].
//
// A critical record that loses its place goes to the fallback; see
// [WithFallback].
type Overflow struct {
	policy  queue.Policy
	maxWait time.Duration
}

var (
	// DropNewest drops the record that comes. It is the default, and the
	// cheapest: finding the queue full takes no lock.
	DropNewest = Overflow{policy: queue.DropNewest}

	// DropOldest drops the oldest queued record for each one that comes, as the
	// SDK's batch processor does. [Stats] counts them exactly at any time; a drop hook
	// may hear of them an export interval later.
	DropOldest = Overflow{policy: queue.DropOldest}

	// DropLowest drops the oldest of the queued records with the lowest
	// severity, if that is lower than the severity of the record that comes,
	// and counts it as [ReasonEvicted]. Otherwise it drops the record that
	// comes. So while there is anything less severe in the queue, the more
	// severe record finds room.
	DropLowest = Overflow{policy: queue.DropLowest}
)

// Block makes the caller of a log function wait for room, at most maxWait, and
// then drops the record. Room goes to those who wait in the order in which they
// came. When [Processor.Shutdown] begins, nobody waits any longer. With a maxWait
// of zero or less it is [DropNewest].
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
