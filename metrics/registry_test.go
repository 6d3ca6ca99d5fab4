package metrics_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/krunchwrapper/asynclog/metrics"
)

func names(m *metrics.Monitor) []string {
	return slices.Sorted(maps.Keys(m.Stats()))
}

func TestOverflowOfNames(t *testing.T) {
	m, reader := start(t, metrics.WithMaxOperations(3))
	for i := range 10 {
		m.Start(t.Context(), fmt.Sprintf("op %d", i)).Stop()
	}
	m.Start(t.Context(), "op 1").Stop()
	m.Start(t.Context(), "_other").Stop() // by its name: counted with them
	if got, want := names(m), []string{"_other", "op 0", "op 1", "op 2"}; !slices.Equal(got, want) {
		t.Errorf("operations %q, want %q", got, want)
	}
	if got, want := counts(t, reader), (map[point]uint64{{"op 0", ""}: 1, {"op 1", ""}: 2, {"op 2", ""}: 1, {"_other", ""}: 8}); !maps.Equal(got, want) {
		t.Errorf("histogram %v, want %v", got, want)
	}
	if n := m.Stats()["_other"].Count; n != 8 {
		t.Errorf("%d in the overflow, want 8", n)
	}
}

func TestDefaultLimits(t *testing.T) {
	for _, opts := range [][]metrics.Option{nil, {metrics.WithMaxOperations(0), metrics.WithIdleExpiry(-1)}} {
		m, _ := start(t, opts...)
		for i := range 1100 {
			m.Start(t.Context(), fmt.Sprint(i)).Stop()
		}
		if n := len(m.Stats()); n != 1001 {
			t.Errorf("%d operations, want 1000 and the overflow", n)
		}
	}
}

func TestHostileNames(t *testing.T) {
	m, reader := start(t)
	for given, want := range map[string]string{
		"":                                 "",
		"<script>alert(1)</script>":        "<script>alert(1)</script>",
		"a\x00b\nc\u2028":                  "a\x00b\nc\u2028",
		"__proto__":                        "__proto__",
		"\xff\xfe":                         "?",
		"GET /\xc3(":                       "GET /?(",
		"ünï©ødé":                          "ünï©ødé",
		strings.Repeat("x", 128):           strings.Repeat("x", 128),
		strings.Repeat("y", 129):           strings.Repeat("y", 128),
		strings.Repeat("z", 1<<20):         strings.Repeat("z", 128),
		strings.Repeat("ä", 100):           strings.Repeat("ä", 64),
		"x" + strings.Repeat("ä", 100):     "x" + strings.Repeat("ä", 63),
		"x" + strings.Repeat("😀", 100):     "x" + strings.Repeat("😀", 31),
		strings.Repeat("\x80", 1000):       "?",
		"w" + strings.Repeat("\x80w", 500): strings.Repeat("w?", 64),
	} {
		for range 2 { // the second time it is found under its clean name
			before := m.Stats()[want].Count
			m.Start(t.Context(), given).Stop()
			if n := m.Stats()[want].Count; n != before+1 {
				t.Errorf("%.20q was not counted as %.20q", given, want)
			}
		}
	}
	for p := range counts(t, reader) {
		if !utf8.ValidString(p.operation) || len(p.operation) > 128 {
			t.Errorf("histogram of %q", p.operation)
		}
	}
}

// A name may be a part of a large string. The monitor must not keep that string.
func TestNamesAreCopied(t *testing.T) {
	m, _ := start(t)
	collected := make(chan struct{})
	func() {
		large := make([]byte, 1<<20)
		runtime.AddCleanup(&large[0], func(c chan struct{}) { close(c) }, collected)
		text := unsafeString(large)
		m.Start(t.Context(), text[:10]).StopErr(typedError(text[10:20]))
	}()
	for deadline := time.After(10 * time.Second); ; {
		runtime.GC()
		select {
		case <-collected:
			runtime.KeepAlive(m)
			return
		case <-deadline:
			t.Fatal("the monitor keeps the string of which a name is a part")
		case <-time.After(time.Millisecond):
		}
	}
}

func TestIdleExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, reader := start(t, metrics.WithMaxOperations(2), metrics.WithIdleExpiry(time.Minute))
		run(t, m, "a", time.Second)
		run(t, m, "b", 30*time.Second)
		time.Sleep(30 * time.Second) // a ended 60 s ago, b 30 s
		if got, want := names(m), []string{"b"}; !slices.Equal(got, want) {
			t.Fatalf("operations %q, want %q", got, want)
		}
		run(t, m, "c", 0) // replaces a
		run(t, m, "d", 0) // the limit is reached
		if got, want := names(m), []string{"_other", "b", "c"}; !slices.Equal(got, want) {
			t.Fatalf("operations %q, want %q", got, want)
		}
		time.Sleep(time.Minute)
		run(t, m, "e", 0) // finds that all are idle, without a call of Stats
		if got, want := names(m), []string{"e"}; !slices.Equal(got, want) {
			t.Fatalf("operations %q, want %q", got, want)
		}
		if n := len(counts(t, reader)); n != 5 {
			t.Errorf("the histogram has %d series, want all 5", n)
		}
	})
}

// Of many operations that share buckets, exactly the idle ones are forgotten, and
// the others are still found.
func TestIdleExpiryOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const operations = 256
		m, _ := start(t, metrics.WithMaxOperations(operations), metrics.WithIdleExpiry(time.Minute))
		for range 20 {
			for i := range operations {
				run(t, m, fmt.Sprint(i), 0)
			}
			time.Sleep(40 * time.Second)
			busy := rand.IntN(3) + 2
			want := make(map[string]bool)
			for i := 0; i < operations; i += busy {
				want[fmt.Sprint(i)] = true
				run(t, m, fmt.Sprint(i), 0)
			}
			time.Sleep(40 * time.Second)
			for _, name := range names(m) {
				if !want[name] {
					t.Fatalf("%q is not forgotten, or is there twice", name)
				}
				delete(want, name)
			}
			if len(want) != 0 {
				t.Fatalf("%v are forgotten", want)
			}
		}
	})
}

// A timer that runs while its operation is forgotten is still counted.
func TestForgottenWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := start(t, metrics.WithIdleExpiry(time.Minute))
		run(t, m, "long", time.Second)
		timer := m.Start(t.Context(), "long")
		time.Sleep(time.Hour)
		if n := len(m.Stats()); n != 0 {
			t.Fatalf("%d operations are not forgotten", n)
		}
		timer.Stop()
		if s := m.Stats()["long"]; s.Count != 1 || s.Mean != time.Hour {
			t.Errorf("%+v", s)
		}
	})
}

// A new operation of which no timer has been stopped is not idle at once.
func TestStartedIsNotIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := start(t, metrics.WithMaxOperations(1), metrics.WithIdleExpiry(time.Minute))
		time.Sleep(time.Hour)
		timer := m.Start(t.Context(), "new")
		time.Sleep(59 * time.Second)
		m.Start(t.Context(), "other").Stop()
		timer.Stop()
		if got, want := names(m), []string{"_other", "new"}; !slices.Equal(got, want) {
			t.Errorf("operations %q, want %q", got, want)
		}
	})
}

func TestReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, reader := start(t, metrics.WithMaxOperations(1))
		run(t, m, "before", time.Second)
		run(t, m, "excess", time.Second)
		running := m.Start(t.Context(), "before")
		m.Reset()
		if s := m.Stats(); len(s) != 0 {
			t.Errorf("after Reset: %v", s)
		}
		time.Sleep(time.Minute)
		running.Stop()
		if s := m.Stats()["before"]; s.Count != 1 || s.Min != time.Minute || s.Max != time.Minute {
			t.Errorf("%+v", s)
		}
		m.Reset()
		run(t, m, "after", time.Second) // within the limit again
		if got, want := names(m), []string{"after"}; !slices.Equal(got, want) {
			t.Errorf("operations %q, want %q", got, want)
		}
		if n := counts(t, reader)[point{"before", ""}]; n != 2 {
			t.Errorf("the histogram has %d, want 2: it is not reset", n)
		}
	})
}

// Each measurement is in the histogram, and once in the statistics until its
// operation is forgotten, whatever is forgotten meanwhile.
func TestRegistryConcurrentSafe(t *testing.T) {
	m, reader := start(t, metrics.WithMaxOperations(20), metrics.WithIdleExpiry(50*time.Microsecond))
	const goroutines, each = 8, 2_000
	stop := make(chan struct{})
	var others, wg sync.WaitGroup
	others.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if n := len(m.Stats()); n > 21 {
				t.Errorf("%d operations", n)
			}
			if rand.IntN(10) == 0 {
				m.Reset()
			}
			runtime.Gosched()
		}
	})
	for range goroutines {
		wg.Go(func() {
			for i := range each {
				m.Start(context.Background(), fmt.Sprintf("op %d", rand.IntN(40))).StopErr([]error{nil, errBroken}[i%2])
			}
		})
	}
	wg.Wait()
	close(stop)
	others.Wait()

	var recorded uint64
	for _, n := range counts(t, reader) {
		recorded += n
	}
	if recorded != goroutines*each {
		t.Errorf("the histogram has %d, want %d", recorded, goroutines*each)
	}
}

// Nothing is missing as long as nothing is forgotten.
func TestCountsConcurrentSafe(t *testing.T) {
	m, reader := start(t, metrics.WithMaxOperations(10))
	const goroutines, each = 8, 3_000
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range each {
				timer := m.Start(context.Background(), fmt.Sprintf("op %d", (g+i)%15))
				if i%3 == 0 {
					timer.StopErr(errBroken)
				} else {
					timer.Stop()
				}
				if i%100 == 0 {
					for name, s := range m.Stats() {
						if s.Failures > s.Count || s.Mean < s.Min || s.Mean > s.Max || s.P50 < s.Min || s.P99 > s.Max || s.P90 > s.P99 || s.P50 > s.P90 {
							t.Errorf("%s: figures of different measurements: %+v", name, s)
						}
					}
				}
			}
		})
	}
	wg.Wait()
	var count, failures, recorded uint64
	for _, s := range m.Stats() {
		count += s.Count
		failures += s.Failures
	}
	for _, n := range counts(t, reader) {
		recorded += n
	}
	if count != goroutines*each || failures != count/3 || recorded != count {
		t.Errorf("%d counted, %d failures, %d in the histogram; want %d, %d", count, failures, recorded, goroutines*each, goroutines*each/3)
	}
	if n := len(m.Stats()); n != 11 {
		t.Errorf("%d operations, want 10 and the overflow", n)
	}
}
