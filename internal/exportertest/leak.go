package exportertest

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// watched is the package whose goroutines, with those of the packages below it,
// must all be gone when a test is over.
const watched = "github.com/krunchwrapper/asynclog/processor"

// leakPatience is how long a goroutine may take to end after it was told to.
const leakPatience = time.Second

// NoLeaks makes tb fail if goroutines of the processor package that the test
// started are still there when it is over, after up to a second of patience,
// and prints their stacks.
//
// Call it before anything registers a cleanup that ends those goroutines:
// cleanups run last in, first out. Goroutines alive at the call are not held
// against the test. It sees the whole process, so it cannot be used in a test
// that runs in parallel with others. In a synctest bubble the patience is on the
// bubble's clock.
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
		for end := time.Now().Add(leakPatience); ; {
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

// runs tells whether any of the frames is one of pkg or of a package below it,
// outside of its tests. A frame is a line with the function and a line with the
// file; the last one may be the function that started the goroutine.
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
