package processor

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// odd is an exporter with single methods replaced; for a nil function it behaves as the
// test double.
type odd struct {
	*exportertest.Exporter
	export          func(context.Context, []sdklog.Record) error
	flush, shutdown func(context.Context) error
}

func (o *odd) Export(ctx context.Context, records []sdklog.Record) error {
	if o.export != nil {
		if err := o.export(ctx, records); err != nil {
			return err
		}
	}
	return o.Exporter.Export(ctx, records)
}

func (o *odd) ForceFlush(ctx context.Context) error {
	if o.flush != nil {
		return o.flush(ctx)
	}
	return o.Exporter.ForceFlush(ctx)
}

func (o *odd) Shutdown(ctx context.Context) error {
	if o.shutdown != nil {
		return o.shutdown(ctx)
	}
	return o.Exporter.Shutdown(ctx)
}

func panicking(context.Context) error { panic("odd") }

func goexiting(context.Context) error {
	runtime.Goexit()
	return nil
}

func TestExporterThatEndsForceFlushOddly(t *testing.T) {
	for how, flush := range map[string]func(context.Context) error{"odd": panicking, "runtime.Goexit": goexiting} {
		for mode, opts := range modes {
			t.Run(how+"/"+mode, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					e := &odd{Exporter: exportertest.New(), flush: flush}
					p := start(t, e, opts...)
					// A context without end: the error must come from the call.
					err := p.ForceFlush(t.Context())
					if !errors.Is(err, usercode.ErrPanic) || !strings.Contains(err.Error(), how) {
						t.Errorf("error %v, want a panic with %q", err, how)
					}
					// The exporter's turn was released.
					emit(p, log.SeverityError, "a")
					wantExported(t, e.Exporter, 1)
				})
			})
		}
	}
}

// An exporter that ignores its context blocks its own calls, but no caller whose context
// ends.
func TestExporterThatHangsInForceFlush(t *testing.T) {
	for mode, opts := range modes {
		t.Run(mode, func(t *testing.T) {
			captureErrors(t)
			synctest.Test(t, func(t *testing.T) {
				e := exportertest.New(exportertest.WithDeafness())
				release := e.BlockForceFlush()
				p := start(t, e, append(opts, WithFallback(nil))...)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				began := time.Now()
				if err := p.ForceFlush(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
					t.Errorf("error %v after %v, want the context's after 1s", err, time.Since(began))
				}
				// The record cannot be exported because the exporter is being called.
				go emit(p, log.SeverityError, "a")
				wantExported(t, e, 0)

				// Shutdown does not wait, and there is no export after it: neither the
				// ledger nor the exporter may see one.
				ctx, cancel = context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				began = time.Now()
				if err := p.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v, want the context's", err)
				}
				if took := time.Since(began); took > time.Second+5*usercode.CancelTimeout {
					t.Errorf("Shutdown took %v", took)
				}
				if got := e.Shutdowns(); got != 1 {
					t.Errorf("%d shutdowns of the exporter, want 1", got)
				}
				release()
				synctest.Wait()
				if got := e.Exports(); got != 0 {
					t.Errorf("%d exports after Shutdown", got)
				}
				// It has not reached the exporter, so it did not time out there.
				why := ReasonShutdownTimeout
				if mode == "synchronous" {
					why = ReasonAlreadyShutdown
				}
				wantDropped(t, p, Drop{why, log.SeverityError, 1})
			})
		})
	}
}

// A flush in which one of the exporters hangs still flushes the others.
func TestForceFlushOfOthersWhileOneHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hung, good := exportertest.New(), exportertest.New()
		release := hung.BlockForceFlush()
		good.SetForceFlushError(errFlush)
		p := start(t, hung, WithExporters(good))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := p.ForceFlush(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errFlush) {
			t.Errorf("error %v, want the context's and the other exporter's", err)
		}
		release()
	})
}

// The exporter gets the context of the flush, with its values and deadline.
func TestExportersForceFlushIsGivenTheContext(t *testing.T) {
	e := exportertest.New()
	p := start(t, e)
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), exporterKey{}, "value"), time.Minute)
	defer cancel()
	if err := p.ForceFlush(ctx); err != nil {
		t.Error(err)
	}
	got := e.ForceFlushContexts()[0]
	want, _ := ctx.Deadline()
	if deadline, ok := got.Deadline(); !ok || !deadline.Equal(want) || got.Value(exporterKey{}) != "value" {
		t.Errorf("deadline %v %t, value %v", deadline, ok, got.Value(exporterKey{}))
	}
}
