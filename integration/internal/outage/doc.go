// Package outage sends records to a real Collector while the Collector is killed or the
// network fails. It finds out which records a log processor lost, and which losses the
// processor reported.
//
//	result, err := outage.Run(ctx, outage.Asynclog, outage.Plan{
//		Over:    rig.HTTP,
//		Records: 100_000, Rate: 4000, Queue: 100_000,
//		After:   2 * time.Second, Fault: outage.Kill(20 * time.Second),
//	}, nil)
//	fmt.Println(result.Lost, result.Reported())
//
// Losses are computed from the IDs that were emitted and the IDs that the Collector wrote
// or the fallback saved. They do not depend on the counters of a processor.
package outage
