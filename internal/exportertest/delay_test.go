package exportertest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

func TestDelay(t *testing.T) {
	for _, tc := range []struct {
		name    string
		delay   time.Duration
		timeout time.Duration
		opts    []exportertest.Option
		took    time.Duration
		err     error
	}{
		{name: "none", timeout: time.Second},
		{name: "negative", delay: -1, timeout: time.Second},
		{name: "in time", delay: time.Second, timeout: time.Minute, took: time.Second},
		{name: "too late", delay: time.Minute, timeout: time.Second, took: time.Second, err: context.DeadlineExceeded},
		{
			name: "too late and deaf", delay: time.Minute, timeout: time.Second,
			opts: []exportertest.Option{exportertest.WithDeafness()}, took: time.Minute,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := exportertest.New(append(tc.opts, exportertest.WithDelay(tc.delay))...)
				ctx, cancel := context.WithTimeout(t.Context(), tc.timeout)
				defer cancel()
				if err := e.Export(ctx, batch(0, 1)); !errors.Is(err, tc.err) {
					t.Errorf("Export = %v, want %v", err, tc.err)
				}
				c := e.Calls()[0]
				if took := c.Ended.Sub(c.Begun); took != tc.took {
					t.Errorf("Export took %v, want %v", took, tc.took)
				}
				if c.Taken() != (tc.err == nil) {
					t.Errorf("taken %t with error %v", c.Taken(), tc.err)
				}
			})
		})
	}
}

func TestSetDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New(exportertest.WithDelay(time.Hour))
		e.SetDelay(time.Second)
		begun := time.Now()
		_ = e.Export(t.Context(), batch(0, 1))
		if took := time.Since(begun); took != time.Second {
			t.Errorf("Export took %v, want 1s", took)
		}
	})
}

// TestDelayStartsBehindGate: the delay comes after the gate.
func TestDelayStartsBehindGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := exportertest.New(exportertest.WithDelay(time.Second))
		time.AfterFunc(time.Minute, e.Block())
		_ = e.Export(t.Context(), batch(0, 1))
		c := e.Calls()[0]
		if took := c.Ended.Sub(c.Begun); took != time.Minute+time.Second {
			t.Errorf("Export took %v, want 1m1s", took)
		}
	})
}
