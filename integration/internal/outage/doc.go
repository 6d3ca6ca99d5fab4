// Package outage sends records to a real Collector while it is killed, or the
// network to it fails, and tells what each log processor lost and whether it said
// so.
//
//	result, err := outage.Run(ctx, outage.Asynclog, outage.Plan{
//		Over:    rig.HTTP,
//		Records: 100_000, Rate: 4000, Queue: 100_000,
//		After:   2 * time.Second, Trouble: outage.Killed(20 * time.Second),
//	}, nil)
//	fmt.Println(result.Lost, result.Told())
//
// Losses are found by difference, between the IDs that were emitted and those that
// the Collector wrote or the fallback saved; no processor is believed.
package outage
