package processor

import (
	"context"
	"fmt"
	"time"

	"github.com/krunchwrapper/asynclog/processor/internal/exporterr"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// outcome is the result of an export.
type outcome struct {
	err      error // to report; nil: nothing to report
	failed   bool  // no record is known to have arrived, but for written
	why      reason
	rejected int // the records of a batch that arrived which the receiver rejected
	// written is how many of the first records of a failed export have arrived all the
	// same: fewer than all.
	written  int
	reported bool // the error was reported before

	// For a failed export of a worker: what the error means for the batch, and how long
	// the receiver asks to wait.
	class Class
	hint  time.Duration
}

// newOutcome classifies the exporter's return value, which alone decides: nil means
// exported, however late it came. ctx is the context of the export.
//
// The error's methods are the exporter's code, too: those of a nil pointer that was
// returned as an error may well panic.
func newOutcome(ctx context.Context, err error, records int) (o outcome) {
	defer func() {
		if v := recover(); v != nil {
			o = outcome{err: usercode.PanicError(fmt.Sprintf("error of type %T", err), v), failed: true, why: exportPanic}
		}
	}()
	switch {
	case err == nil:
		return outcome{}
	case exporterr.Is(err, usercode.ErrPanic):
		return outcome{err: err, failed: true, why: exportPanic}
	}
	if n, ok := exporterr.Rejected(err); ok {
		return outcome{err: err, rejected: min(n, records)}
	}
	written := exporterr.Written(err)
	if written >= records { // what failed came after the last record
		return outcome{err: err}
	}
	o = outcome{err: err, failed: true, why: exportFailed, written: written, reported: exporterr.Reported(err)}
	if ctx.Err() != nil || exporterr.Is(err, context.DeadlineExceeded) {
		o.why = exportTimeout
	}
	return o
}

// describeError returns the error for otel.Handle. It names the exporter, unless the
// error does so itself, and says whether the export will be retried.
func (o *outcome) describeError(h *exporterHandle, retried bool) error {
	switch {
	case o.reported:
		return nil
	case o.err == nil, o.why == exportPanic, o.why == recordTooLarge:
		return o.err
	case !o.failed:
		return &exportError{"asynclog: export to " + h.name, o.err}
	case retried:
		return &exportError{"asynclog: export to " + h.name + " failed, to be tried again", o.err}
	default:
		return &exportError{"asynclog: export to " + h.name + " failed", o.err}
	}
}

// exportError is an error of an exporter. It asks for the text of that error only when
// the reporter handles it: the text is the exporter's code, which must not run on a worker
// that has just claimed the batch.
type exportError struct {
	what string
	err  error
}

func (e *exportError) Error() string { return e.what + ": " + e.err.Error() }
func (e *exportError) Unwrap() error { return e.err }
