package pair

import "github.com/krunchwrapper/asynclog/benchmarks/internal/trial"

// The values of a result.
var (
	PerCall   Value = func(r *trial.Result) float64 { return r.PerCall }
	Mean      Value = func(r *trial.Result) float64 { return r.Latency.Mean }
	P50       Value = func(r *trial.Result) float64 { return r.Latency.P50 }
	P99       Value = func(r *trial.Result) float64 { return r.Latency.P99 }
	P999      Value = func(r *trial.Result) float64 { return r.Latency.P999 }
	Max       Value = func(r *trial.Result) float64 { return r.Latency.Max }
	Overhead  Value = func(r *trial.Result) float64 { return r.Overhead }
	Count     Value = func(r *trial.Result) float64 { return float64(r.Calls) }
	Lost      Value = func(r *trial.Result) float64 { return r.Lost() }
	Called    Value = func(r *trial.Result) float64 { return float64(r.Calls) / r.Calling * 1e9 } // a second
	Arrived   Value = func(r *trial.Result) float64 { return float64(r.Acked) / r.Elapsed * 1e9 } // a second
	CPU       Value = func(r *trial.Result) float64 { return r.CPU / float64(r.Acked) }           // a record
	Allocs    Value = func(r *trial.Result) float64 { return r.Allocs / float64(r.Acked) }        // a record
	Bytes     Value = func(r *trial.Result) float64 { return r.Bytes / float64(r.Acked) }         // a record
	Heap      Value = func(r *trial.Result) float64 { return r.Heap }
	RSS       Value = func(r *trial.Result) float64 { return r.RSS }
	GCCPU     Value = func(r *trial.Result) float64 { return r.GCCPU }
	GCPause   Value = func(r *trial.Result) float64 { return r.GCPause }
	PerSecond Value = func(r *trial.Result) float64 { return 1e9 / r.PerCall }
)
