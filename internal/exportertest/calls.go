package exportertest

import (
	"context"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// Call is one call of Export, as [Exporter.Calls] returns it. It is a copy that the
// caller owns; only Context is shared with the processor.
type Call struct {
	// Context is the context of the call, for its deadline and values.
	Context context.Context
	// Records are clones, made when the call began.
	Records []sdklog.Record
	// Count is the number of records in the call.
	Count int
	// Begun and Ended are read from the clock of the synctest bubble, if any.
	// Ended is zero while the call is under way.
	Begun, Ended time.Time
	// Err is what Export returned.
	Err error
	// Panicked says that Export ended in a panic (or runtime.Goexit) and
	// returned nothing.
	Panicked bool
}

// Taken reports whether Export returned nil: the records have arrived.
func (c Call) Taken() bool { return !c.Ended.IsZero() && !c.Panicked && c.Err == nil }

// Calls returns all Export calls in the order in which they began, including those
// under way and those refused after Shutdown.
func (e *Exporter) Calls() []Call {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]Call, len(e.calls))
	for i, c := range e.calls {
		out[i] = *c
		out[i].Records = cloneRecords(c.Records)
	}
	return out
}

// Attempted returns the records of every Export call, whatever its outcome, in the
// order in which the calls began.
func (e *Exporter) Attempted() [][]sdklog.Record {
	e.mu.Lock()
	defer e.mu.Unlock()
	return batchesOf(e.calls)
}

// Batches returns the records taken, by Export call, in the order in which the
// calls returned. With one Export at a time this is also the order in which they
// began.
func (e *Exporter) Batches() [][]sdklog.Record {
	e.mu.Lock()
	defer e.mu.Unlock()
	return batchesOf(e.taken)
}

// Records returns all records taken, in the order of [Exporter.Batches].
func (e *Exporter) Records() []sdklog.Record {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := []sdklog.Record{}
	for _, c := range e.taken {
		for i := range c.Records {
			out = append(out, c.Records[i].Clone())
		}
	}
	return out
}

// Bodies returns the bodies of [Exporter.Records] as strings: the text itself
// for a string body, the OpenTelemetry text form for any other.
func (e *Exporter) Bodies() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := []string{}
	for _, c := range e.taken {
		for i := range c.Records {
			out = append(out, c.Records[i].Body().String())
		}
	}
	return out
}

// ExportContexts returns the contexts of all Export calls, in the order in which
// the calls began.
func (e *Exporter) ExportContexts() []context.Context {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]context.Context, len(e.calls))
	for i, c := range e.calls {
		out[i] = c.Context
	}
	return out
}

// LastDeadline returns the deadline of the Export call that began last. ok is
// false when it had none or there was no call.
func (e *Exporter) LastDeadline() (deadline time.Time, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.calls) == 0 {
		return time.Time{}, false
	}
	return e.calls[len(e.calls)-1].Context.Deadline()
}

func batchesOf(calls []*Call) [][]sdklog.Record {
	out := make([][]sdklog.Record, len(calls))
	for i, c := range calls {
		out[i] = cloneRecords(c.Records)
	}
	return out
}
