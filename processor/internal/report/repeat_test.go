package report

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// The same text is reported at once, and then at intervals that double, with how often it
// came in between. It is news again after a quiet time.
func TestSameTextIsReportedAtGrowingIntervals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var times []time.Duration
		var texts []string
		begun := time.Now()
		handleErrors(t, func(err error) {
			times = append(times, time.Since(begun))
			texts = append(texts, err.Error())
		})
		var r Reporter
		for range 3000 { // fifty minutes
			r.Report(errors.New("refused"))
			synctest.Wait()
			time.Sleep(time.Second)
		}
		var want []time.Duration
		for _, seconds := range []int{0, 10, 30, 70, 150, 310, 630, 1230, 1830, 2430} {
			want = append(want, time.Duration(seconds)*time.Second)
		}
		if !slices.Equal(times, want) {
			t.Errorf("reported after %v, want %v", times, want)
		}
		if texts[0] != "refused" || texts[1] != "refused (and 9 more like it since the last report)" || texts[2] != "refused (and 19 more like it since the last report)" {
			t.Errorf("reported %q", texts[:3])
		}
		time.Sleep(MaxRepeat)
		for range 12 {
			r.Report(errors.New("refused"))
			synctest.Wait()
			time.Sleep(time.Second)
		}
		if got := texts[len(want):]; len(got) != 2 || got[0] != "refused" || got[1] != "refused (and 9 more like it since the last report)" {
			t.Errorf("after a quiet time %q", got)
		}
	})
}

// An error that comes all the time does not take the place of others.
func TestRareErrorBesideAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		texts := captureErrors(t)
		var r Reporter
		for i := range 6000 {
			r.Report(errors.New("often"))
			if i == 5000 {
				r.Report(errors.New("rare"))
			}
			synctest.Wait()
			time.Sleep(10 * time.Millisecond)
		}
		if !slices.ContainsFunc(texts(), func(s string) bool { return strings.HasPrefix(s, "rare") }) {
			t.Errorf("reported %q", texts())
		}
		if n := len(texts()); n > 6 {
			t.Errorf("%d reports in a minute", n)
		}
	})
}

// A file that nobody reads any more is reported once, whatever was to be written. A
// connection that is closed may be made again, and is reported like any other error.
func TestClosedPipeIsReportedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		texts := captureErrors(t)
		var r Reporter
		pipe := &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
		for range 100 {
			r.Report(fmt.Errorf("fallback: %w", pipe))
			r.Report(fmt.Errorf("export: %w", pipe))
			synctest.Wait()
			time.Sleep(time.Minute)
		}
		if got := texts(); len(got) != 1 || got[0] != "fallback: write /dev/stdout: broken pipe" {
			t.Errorf("reported %q", got)
		}
		time.Sleep(time.Hour)
		conn := &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}
		for range 100 {
			r.Report(conn)
			synctest.Wait()
			time.Sleep(time.Minute)
		}
		if got := texts(); len(got) < 5 {
			t.Errorf("reported %q", got)
		}
	})
}

// The texts that are remembered are limited in number, and in length.
func TestManyTexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		longest := 0
		handleErrors(t, func(err error) { longest = max(longest, len(err.Error())) })
		var r Reporter
		for i := range 100 {
			r.Report(fmt.Errorf("%d%s", i, strings.Repeat("x\n", 1<<19)))
			synctest.Wait()
			time.Sleep(Interval)
		}
		if len(r.repeats) > maxTexts || longest > MaxText+100 || longest < MaxText/2 {
			t.Errorf("%d texts are kept, the longest has %d bytes", len(r.repeats), longest)
		}
	})
}

// unprintable is an error whose text cannot be had.
type unprintable struct{}

func (*unprintable) Error() string { panic("boom") }

func TestTextIsOneLine(t *testing.T) {
	a, b := errors.New("a"), errors.New("b\n{\"Severity\":21}\x1b[2J\u009b\u202e\x00")
	const safe = `b\n{"Severity":21}\x1b[2J\u009b\u202e\x00`
	for _, tc := range []struct {
		err  error
		want string
	}{
		{a, "a"},
		{b, safe},
		{errors.Join(a, errors.Join(b, a)), "a; " + safe + "; a"},
		{fmt.Errorf("%w and %w", a, b), "a and " + safe},
		{fmt.Errorf("outer: %w", errors.Join(a, b)), `outer: a\n` + safe},
		{(*unprintable)(nil), "<nil>"},
		{containsItself{}, "itself"},
		{containsNil{a}, "a"},
	} {
		if got := Text(tc.err); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
		if one := OneLine(tc.err); !errors.Is(one, tc.err) || one.Error() != tc.want {
			t.Errorf("%q does not wrap %T", one, tc.err)
		}
	}
	if OneLine(nil) != nil {
		t.Error("no error becomes one")
	}
}

// containsItself looks like the join of one error, which is itself.
type containsItself struct{}

func (containsItself) Error() string     { return "itself" }
func (e containsItself) Unwrap() []error { return []error{e} }

// containsNil looks like a join, but has nil among its errors.
type containsNil struct{ err error }

func (e containsNil) Error() string   { return e.err.Error() }
func (e containsNil) Unwrap() []error { return []error{nil, e.err, nil} }
