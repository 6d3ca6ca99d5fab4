package usercode

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

func TestRunRestartsAfterGoexit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs, cleanups int
		go Run(func() {
			defer func() { cleanups++ }()
			if cleanups != runs {
				t.Errorf("run %d begins after %d cleanups", runs, cleanups)
			}
			if runs++; runs < 5 {
				runtime.Goexit()
			}
		})
		synctest.Wait()
		if runs != 5 || cleanups != 5 {
			t.Errorf("%d runs, %d cleanups, want 5 each", runs, cleanups)
		}
	})
}

func TestRunReturnsWithItsLoop(t *testing.T) {
	runs := 0
	Run(func() { runs++ })
	if runs != 1 {
		t.Errorf("%d runs, want 1", runs)
	}
}

func TestAwait(t *testing.T) {
	for name, tc := range map[string]struct {
		doneAfter, timeout time.Duration
		want               bool
		took               time.Duration
	}{
		"done":                   {0, time.Second, true, 0},
		"done before the end":    {time.Second, time.Minute, true, time.Second},
		"done after the end":     {time.Second + CancelTimeout/2, time.Second, true, time.Second + CancelTimeout/2},
		"not done":               {time.Hour, time.Second, false, time.Second + CancelTimeout},
		"ended context":          {time.Hour, 0, false, CancelTimeout},
		"done and ended context": {0, 0, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tc.timeout)
				defer cancel()
				done := make(chan struct{})
				if tc.doneAfter == 0 {
					close(done)
				} else {
					time.AfterFunc(tc.doneAfter, func() { close(done) })
				}
				begun := time.Now()
				if got := Await(ctx, done); got != tc.want {
					t.Errorf("%t, want %t", got, tc.want)
				}
				if took := time.Since(begun); took != tc.took {
					t.Errorf("took %v, want %v", took, tc.took)
				}
			})
		})
	}
}

func TestAwaitCallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		AwaitCallback(t.Context(), nil)
		if took, want := time.Since(begun), CallbackTimeout+CancelTimeout; took != want {
			t.Errorf("took %v, want %v", took, want)
		}
	})
}

func TestPanicErrors(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want string
	}{
		{PanicError("drop hook", "boom"), "asynclog: drop hook: panic: boom"},
		{GoexitError("Export"), "asynclog: Export: panic: runtime.Goexit"},
	} {
		if tc.err.Error() != tc.want || !errors.Is(tc.err, ErrPanic) {
			t.Errorf("%q, want %q that is ErrPanic", tc.err, tc.want)
		}
	}
}

func TestGoroutineID(t *testing.T) {
	mine, other := GoroutineID(), make(chan uint64)
	go func() { other <- GoroutineID() }()
	if id := <-other; mine == 0 || id == 0 || id == mine || GoroutineID() != mine {
		t.Errorf("goroutines %d and %d", mine, id)
	}
}

func TestContained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, tc := range map[string]struct {
			f    func()
			want bool
			took time.Duration
		}{
			"returns": {func() { time.Sleep(time.Millisecond) }, true, time.Millisecond},
			"panics":  {func() { panic("no") }, false, 0},
			"ends":    {runtime.Goexit, false, 0},
			"blocks":  {func() { time.Sleep(time.Hour) }, false, time.Second + CancelTimeout},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			begun := time.Now()
			err := Contained(ctx, name, tc.f)
			if took := time.Since(begun); (err == nil) != tc.want || took != tc.took {
				t.Errorf("%s: %v after %v, want success %t after %v", name, err, took, tc.want, tc.took)
			}
			cancel()
		}
		time.Sleep(time.Hour) // until the last one returns
	})
}
