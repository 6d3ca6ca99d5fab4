// Package exportertest is the exporter double of this module's tests: the one
// exporter that can block, fail, be slow or panic, and that records its calls.
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
//  2. It waits at the gates that were closed when it began ([Exporter.Block]),
//     then for the delay ([WithDelay]). If ctx ends meanwhile: ctx.Err(). A deaf
//     exporter ([WithDeafness]) keeps waiting.
//  3. The outcome that [Exporter.FailNext] or [Exporter.PanicNext] planned for it.
//  4. The result of the function of [WithFunc].
//  5. ctx.Err() if ctx has ended and the exporter is not deaf.
//  6. Otherwise the records are taken: nil.
//
// Records count as taken if and only if Export returned nil, whichever step decided
// that.
//
// # Waiting
//
// [Exporter.WaitEntered] and [Exporter.WaitRecords] replace polling. Inside a
// [testing/synctest] bubble every wait of an Export is durably blocking and runs on
// the bubble's clock, provided that the gates and the contexts passed in were made
// inside the bubble. The Exporter itself may come from outside.
//
// # What it checks
//
// An Export keeps no reference to its slice of records after it returns, but it
// compares the records once more just before: [Exporter.Overwritten] counts the calls
// whose records changed meanwhile. [Exporter.MaxConcurrent] and
// [Exporter.ExportsAfterShutdown] count two other mistakes that a processor must not
// make.
package exportertest
