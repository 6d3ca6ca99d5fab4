package exportertest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

func TestWaitEntered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		defer e.Block()()
		if err := e.WaitEntered(t.Context(), 0); err != nil {
			t.Errorf("nothing to wait for: %v", err)
		}
		woken := make(chan error, 2)
		for range 2 {
			go func() { woken <- e.WaitEntered(t.Context(), 2) }()
		}
		synctest.Wait()
		go func() { _ = e.Export(t.Context(), nil) }()
		synctest.Wait()
		wantCount(t, "woken by the first", len(woken), 0)
		go func() { _ = e.Export(t.Context(), nil) }()
		synctest.Wait()
		wantCount(t, "woken by the second", len(woken), 2)
		if err := errors.Join(<-woken, <-woken); err != nil {
			t.Error(err)
		}
	})
}

func TestWaitRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New(exportertest.WithDelay(time.Second))
		e.FailNext(1, errors.New("refused"))
		go func() {
			for i := range 3 {
				_ = e.Export(t.Context(), batch(i, 2))
			}
		}()
		begun := time.Now()
		if err := e.WaitRecords(t.Context(), 3); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took != 3*time.Second {
			t.Errorf("three records were there after %v, want 3s", took)
		}
	})
}

func TestWaitGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for text, wait := range map[string]func(context.Context, int) error{
			"exportertest: 0 of 2 Exports begun: context deadline exceeded": e.WaitEntered,
			"exportertest: 0 of 2 records taken: context deadline exceeded": e.WaitRecords,
		} {
			err := wait(ctx, 2)
			if !errors.Is(err, context.DeadlineExceeded) || err.Error() != text {
				t.Errorf("%q, want %q", err, text)
			}
		}
	})
}
