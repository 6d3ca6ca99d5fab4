package exportertest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

func TestTakesRecordsInOrder(t *testing.T) {
	e := exportertest.New()
	for _, recs := range [][]sdklog.Record{batch(0, 2), batch(2, 1)} {
		if err := e.Export(t.Context(), recs); err != nil {
			t.Fatal(err)
		}
	}
	wantBodies(t, e, "0", "1", "2")
	wantCount(t, "exports", e.Exports(), 2)
	wantCount(t, "records taken", e.RecordsTaken(), 3)
	wantCount(t, "concurrent", e.MaxConcurrent(), 1)
	wantCount(t, "active", e.Active(), 0)
	if b := e.Batches(); len(b) != 2 || len(b[0]) != 2 || len(b[1]) != 1 {
		t.Errorf("batches of the wrong sizes: %v", b)
	}
}

// TestKeepsClones covers both directions: the processor reuses its slice, and the
// test changes the records it got.
func TestKeepsClones(t *testing.T) {
	e := exportertest.New()
	recs := batch(0, 1)
	if err := e.Export(t.Context(), recs); err != nil {
		t.Fatal(err)
	}
	clear(recs)
	wantBodies(t, e, "0")
	wantCount(t, "overwritten", e.Overwritten(), 0)

	got := e.Records()
	got[0].SetBody(attribute.StringValue("changed"))
	e.Batches()[0][0].SetBody(attribute.StringValue("changed"))
	e.Calls()[0].Records[0].SetBody(attribute.StringValue("changed"))
	wantBodies(t, e, "0")
}

func TestOverwrittenWhileExporting(t *testing.T) {
	for name, tamper := range map[string]func([]sdklog.Record){
		"cleared": func(r []sdklog.Record) { clear(r) },
		"reused":  func(r []sdklog.Record) { copy(r, batch(100, len(r))) },
	} {
		t.Run(name, func(t *testing.T) {
			e := exportertest.New(exportertest.WithFunc(func(_ context.Context, r []sdklog.Record) error {
				tamper(r)
				return nil
			}))
			if err := e.Export(t.Context(), batch(0, 3)); err != nil {
				t.Fatal(err)
			}
			wantCount(t, "overwritten", e.Overwritten(), 1)
			wantBodies(t, e, "0", "1", "2")
		})
	}
}

func TestEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()

	e := exportertest.New()
	if err := e.Export(ctx, batch(0, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Export = %v, want %v", err, context.Canceled)
	}
	wantBodies(t, e)

	deaf := exportertest.New(exportertest.WithDeafness())
	if err := deaf.Export(ctx, batch(0, 1)); err != nil {
		t.Errorf("deaf Export = %v, want nil", err)
	}
	wantBodies(t, deaf, "0")
}

func TestFunc(t *testing.T) {
	errRefused := errors.New("refused")
	e := exportertest.New(exportertest.WithFunc(func(_ context.Context, r []sdklog.Record) error {
		if len(r) > 1 {
			return errRefused
		}
		return nil
	}))
	if err := e.Export(t.Context(), batch(0, 2)); !errors.Is(err, errRefused) {
		t.Errorf("Export = %v, want %v", err, errRefused)
	}
	if err := e.Export(t.Context(), batch(2, 1)); err != nil {
		t.Errorf("Export = %v, want nil", err)
	}
	wantBodies(t, e, "2")
}

func TestCalls(t *testing.T) {
	type key struct{}
	e := exportertest.New()
	if _, ok := e.LastDeadline(); ok {
		t.Error("a deadline before any call")
	}
	deadline := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(context.WithValue(t.Context(), key{}, "value"), deadline)
	defer cancel()
	errRefused := errors.New("refused")
	e.FailNext(1, errRefused)
	_ = e.Export(ctx, batch(0, 2))
	_ = e.Export(ctx, batch(2, 1))

	if got, ok := e.LastDeadline(); !ok || !got.Equal(deadline) {
		t.Errorf("deadline %v, %t; want %v", got, ok, deadline)
	}
	if got := e.ExportContexts(); len(got) != 2 || got[0].Value(key{}) != "value" {
		t.Errorf("contexts %v do not carry the value", got)
	}
	calls := e.Calls()
	if !errors.Is(calls[0].Err, errRefused) || calls[0].Taken() || !calls[1].Taken() {
		t.Errorf("calls %+v: want one refused, one taken", calls)
	}
	wantCount(t, "count", calls[0].Count, 2)
	if a := e.Attempted(); len(a) != 2 || len(a[0]) != 2 || len(a[1]) != 1 {
		t.Errorf("attempted: wrong sizes: %v", a)
	}
}

func TestWithoutRecords(t *testing.T) {
	e := exportertest.New(exportertest.WithoutRecords())
	if err := e.Export(t.Context(), batch(0, 3)); err != nil {
		t.Fatal(err)
	}
	wantCount(t, "records taken", e.RecordsTaken(), 3)
	wantCount(t, "records kept", len(e.Records()), 0)
	wantCount(t, "overwritten", e.Overwritten(), 0)
}
