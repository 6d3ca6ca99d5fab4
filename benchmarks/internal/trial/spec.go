package trial

import (
	"fmt"
	"time"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/contender"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/latency"
)

// Kind says what is measured.
type Kind string

// The kinds.
const (
	Calls   Kind = "calls"   // what a call costs its caller, without drops
	Blocked Kind = "blocked" // what it costs when nothing leaves
	Deliver Kind = "deliver" // how many records arrive, and what that costs
	Memory  Kind = "memory"  // what a full queue takes
)

// Load says how calls are made.
type Load string

// The loads.
const (
	// Flood makes calls as fast as they return. What does not fit is lost.
	Flood Load = "flood"
	// Window waits when half a queue of records has not arrived, so none is lost.
	Window Load = "window"
	// Paced makes Spec.Rate calls a second, in bursts once a millisecond.
	Paced Load = "paced"
)

// Spec says what to measure.
type Spec struct {
	Kind       Kind
	Impl       string
	Level      contender.Level
	Goroutines int
	Queue      int
	Duration   time.Duration
	Latency    time.Duration // of a call of the sink

	Load      Load   // Deliver
	Rate      int    // Paced: calls a second
	Exporters int    // Deliver; 0 is 1
	Target    string // Deliver: address of an OTLP receiver over gRPC, or of a reader of lines after LinesPrefix; "": the sink
	What      string // what the target is, for messages
}

// String names the measurement in messages.
func (s *Spec) String() string {
	text := fmt.Sprintf("%s, %s, %d goroutines", s.Kind, s.Level, s.Goroutines)
	if s.Impl != "" {
		text = s.Impl + ": " + text
	}
	if s.Latency > 0 {
		text += fmt.Sprintf(", sink of %v", s.Latency)
	}
	if s.What != "" {
		text += " to the " + s.What
	}
	if s.Load != "" {
		text += ", " + string(s.Load)
	}
	return text
}

// Result is what was measured. Durations are in nanoseconds.
type Result struct {
	Calls uint64 // made while measuring
	Acked uint64 // records of these that arrived

	// PerCall is the time that passed in a round, divided by its calls, with no clock
	// between them: that of the median round. When nothing leaves, it is the time of all
	// calls, with the clock.
	PerCall float64
	// Latency is of each call, measured with a clock between them: it includes
	// Overhead.
	Latency  latency.Summary
	Overhead float64

	Calling float64 // from the first call until the last returned
	Elapsed float64 // from the first call until the last record arrived
	CPU     float64 // user and system time of the process, in Elapsed
	Allocs  float64 // objects allocated, in Elapsed
	Bytes   float64 // bytes allocated, in Elapsed

	Heap    float64 // bytes that are alive, beyond those alive before
	RSS     float64 // resident bytes of the process
	GCCPU   float64 // processor time of a collection
	GCPause float64 // longest stop of a collection
}

// Lost returns the share of calls whose record did not arrive.
func (r *Result) Lost() float64 {
	if r.Calls == 0 {
		return 0
	}
	return 1 - float64(r.Acked)/float64(r.Calls)
}
