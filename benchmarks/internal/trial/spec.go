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
	Calls   Kind = "calls"   // the duration of a call, without drops
	Blocked Kind = "blocked" // the same while the sink accepts nothing
	Deliver Kind = "deliver" // how many records arrive, and at what cost
	Memory  Kind = "memory"  // how much memory a full queue takes
)

// Load says how calls are made.
type Load string

// The loads.
const (
	// Flood makes calls as fast as they return. Records that do not fit are lost.
	Flood Load = "flood"
	// Window waits while half a queue of records has not arrived, so none is lost.
	Window Load = "window"
	// Paced makes Spec.Rate calls a second, in bursts once a millisecond.
	Paced Load = "paced"
)

// Spec describes a measurement.
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
	What      string // name of the target, for messages
}

// String names the measurement in messages.
func (s *Spec) String() string {
	text := fmt.Sprintf("%s, %s, %d goroutine", s.Kind, s.Level, s.Goroutines)
	if s.Goroutines != 1 {
		text += "s"
	}
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

// Result is the result of a measurement. Durations are in nanoseconds.
type Result struct {
	Calls uint64 // made while measuring
	Acked uint64 // records of these calls that arrived

	// PerCall is the duration of the median round divided by its calls, without a clock
	// between them. For Blocked it is the duration of all measured calls divided by their
	// number, with the clock.
	PerCall float64
	// Latency is the duration of each call, measured with a clock between the calls. It
	// includes Overhead.
	Latency  latency.Summary
	Overhead float64

	Calling float64 // from the first call until the last returned
	Elapsed float64 // from the first call until the last record arrived
	CPU     float64 // user and system time of the process, in Elapsed
	Allocs  float64 // objects allocated, in Elapsed
	Bytes   float64 // bytes allocated, in Elapsed

	Heap    float64 // live bytes of the heap, beyond those before
	RSS     float64 // resident bytes of the process
	GCCPU   float64 // processor time of a collection
	GCPause float64 // longest pause of a collection
}

// Lost returns the share of calls whose record did not arrive.
func (r *Result) Lost() float64 {
	if r.Calls == 0 {
		return 0
	}
	return 1 - float64(r.Acked)/float64(r.Calls)
}
