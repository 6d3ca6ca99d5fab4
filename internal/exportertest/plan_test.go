package exportertest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// export calls Export and returns its outcome in words.
func export(ctx context.Context, e *exportertest.Exporter, from int) (outcome string) {
	defer func() {
		if v := recover(); v != nil {
			outcome = fmt.Sprint("panic ", v)
		}
	}()
	if err := e.Export(ctx, batch(from, 1)); err != nil {
		return err.Error()
	}
	return "taken"
}

func TestPlan(t *testing.T) {
	e := exportertest.New()
	e.FailNext(2, errors.New("refused"))
	e.FailNext(0, errors.New("never"))
	e.FailNext(-1, errors.New("never"))
	e.PanicNext(1, "boom")
	e.FailNext(1, nil)
	e.FailNext(1, errors.New("again"))

	var got []string
	for i := range 6 {
		got = append(got, export(t.Context(), e, i))
	}
	want := []string{"refused", "refused", "panic boom", "taken", "again", "taken"}
	if !slices.Equal(got, want) {
		t.Errorf("outcomes %q, want %q", got, want)
	}
	wantBodies(t, e, "3", "5")
	wantCount(t, "attempted", len(e.Attempted()), 6)
	wantCount(t, "active", e.Active(), 0)
	if c := e.Calls()[2]; !c.Panicked || c.Taken() || c.Err != nil || c.Ended.IsZero() {
		t.Errorf("panicked call is %+v", c)
	}
}

func TestPlanBeforeFunc(t *testing.T) {
	calls := 0
	e := exportertest.New(exportertest.WithFunc(func(context.Context, []sdklog.Record) error {
		calls++
		panic("func")
	}))
	e.FailNext(1, nil)
	if got := export(t.Context(), e, 0); got != "taken" {
		t.Errorf("planned success: %q", got)
	}
	if got := export(t.Context(), e, 1); got != "panic func" {
		t.Errorf("unplanned: %q", got)
	}
	wantCount(t, "calls of the function", calls, 1)
	if c := e.Calls()[1]; !c.Panicked {
		t.Errorf("panicked call is %+v", c)
	}
}

// TestPlanIsForLaterExports: an Export already at its gate is not "next".
func TestPlanIsForLaterExports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		release := e.Block()
		first := make(chan string, 1)
		go func() { first <- export(t.Context(), e, 0) }()
		synctest.Wait()
		e.FailNext(1, errors.New("refused"))
		release()
		if got := <-first; got != "taken" {
			t.Errorf("blocked Export: %q, want taken", got)
		}
		if got := export(t.Context(), e, 1); got != "refused" {
			t.Errorf("next Export: %q, want refused", got)
		}
	})
}
