package exportertest

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// watched is the package whose goroutines, including those of the packages below it,
// must have ended when a test is over.
const watched = "github.com/krunchwrapper/asynclog/processor"

// leakTimeout is how long a goroutine may take to end after it was asked to.
const leakTimeout = time.Second

// NoLeaks makes tb fail if goroutines of the processor package that the test started
// are still running up to a second after its end, and prints their stacks.
//
// Call it before anything registers a cleanup that ends those goroutines: cleanups
// run last in, first out. Goroutines that run at the time of the call are ignored.
// NoLeaks sees the whole process, so a test that runs in parallel with others cannot
// use it. In a synctest bubble the second is on the bubble's clock.
func NoLeaks(tb testing.TB) {
	tb.Helper()
	noLeaks(tb, watched)
}

func noLeaks(tb testing.TB, pkg string) {
	tb.Helper()
	before := goroutinesOf(allStacks(), pkg)
	tb.Cleanup(func() {
		tb.Helper()
		var leaked map[string]string
		for end := time.Now().Add(leakTimeout); ; {
			leaked = goroutinesOf(allStacks(), pkg)
			for id := range before {
				delete(leaked, id)
			}
			if len(leaked) == 0 || !time.Now().Before(end) {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		for _, stack := range leaked {
			tb.Errorf("goroutine of %s still alive after the test:\n%s", pkg, stack)
		}
	})
}

// allStacks returns the stacks of all goroutines as [runtime.Stack] writes them.
func allStacks() string {
	for size := 64 << 10; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size {
			return string(buf[:n])
		}
	}
}

// goroutinesOf returns the stacks of the goroutines that run, or were started
// by, code of pkg, by goroutine ID.
func goroutinesOf(stacks, pkg string) map[string]string {
	found := make(map[string]string)
	for stack := range strings.SplitSeq(strings.TrimSpace(stacks), "\n\n") {
		header, frames, _ := strings.Cut(stack, "\n")
		// "goroutine 7 [select]:"
		if id := strings.Fields(header); len(id) > 1 && runs(frames, pkg) {
			found[id[1]] = stack
		}
	}
	return found
}

// runs reports whether any of the frames is one of pkg or of a package below it,
// outside of its tests. A frame is a line with the function and a line with the
// file. The last one may be the function that started the goroutine.
func runs(frames, pkg string) bool {
	function := ""
	for line := range strings.Lines(frames) {
		if !strings.HasPrefix(line, "\t") {
			function = strings.TrimPrefix(line, "created by ")
			continue
		}
		rest, ok := strings.CutPrefix(function, pkg)
		if ok && strings.ContainsAny(rest[:1], "./") && !strings.Contains(line, "_test.go:") {
			return true
		}
	}
	return false
}
