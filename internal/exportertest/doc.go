// Package exportertest is the exporter double of this module's tests: the one
// place where exporters block, fail, dawdle, panic and keep a record of it.
//
//	exp := exportertest.New()
//	release := exp.Block()      // a collector that does not answer
//	p := processor.New(exp)
//	// … emit …
//	exp.WaitEntered(ctx, 1)     // a worker is inside Export now
//	exp.FailNext(2, errRefused) // the two Exports after that one are refused
//	release()
//
// # What an Export does
//
// In this order; the first that applies decides:
//
//  1. After [Exporter.Shutdown] began: [sdklog.ErrExporterShutdown], at once.
//  2. It waits at the gates that were shut when it began ([Exporter.Block]),
//     then for the delay ([WithDelay]). If ctx ends meanwhile: ctx.Err(). A deaf
//     exporter ([WithDeafness]) waits on.
//  3. What [Exporter.FailNext] or [Exporter.PanicNext] planned for it.
//  4. What the function of [WithFunc] returns.
//  5. ctx.Err() if ctx has ended and the exporter is not deaf.
//  6. Otherwise the records are taken: nil.
//
// Records count as taken exactly when Export returned nil, whoever decided that.
//
// # Waiting
//
// [Exporter.WaitEntered] and [Exporter.WaitRecords] replace polling. Inside a
// [testing/synctest] bubble everything an Export waits for is durably blocking
// and runs on the bubble's clock, provided that the gates, and the contexts
// passed in, were made inside the bubble. The Exporter itself may come from
// outside.
//
// # What it watches
//
// An Export that was handed records keeps no reference to the slice after it
// returns, but looks at it once more just before: records that changed under its
// hands are counted by [Exporter.Overwritten]. [Exporter.MaxConcurrent] and
// [Exporter.ExportsAfterShutdown] count the other two things that no processor
// may do.
package exportertest
