package exportertest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
)

const self = "github.com/krunchwrapper/asynclog/internal/exportertest"

// fakeTB runs cleanups when end is called and keeps errors.
type fakeTB struct {
	testing.TB

	cleanups []func()
	errors   []string
}

func (*fakeTB) Helper() {}

func (f *fakeTB) Cleanup(fn func()) { f.cleanups = append(f.cleanups, fn) }

func (f *fakeTB) Errorf(format string, args ...any) {
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}

func (f *fakeTB) end() {
	for _, fn := range f.cleanups {
		fn()
	}
}

func TestNoLeaksFindsLeak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // for the clock
		e := New()
		defer e.Block()()
		go func() { _ = e.Export(context.Background(), nil) }()
		synctest.Wait()

		f := &fakeTB{TB: t}
		noLeaks(f, self) // ignores the goroutine above
		go func() { _ = e.Export(context.Background(), nil) }()
		synctest.Wait()
		f.end()
		if len(f.errors) != 1 || !strings.Contains(f.errors[0], "exportertest.(*Exporter).pause") {
			t.Errorf("reports %q, want one with the stack", f.errors)
		}
	})
}

func TestNoLeaksWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := New(WithDelay(leakTimeout / 2))
		f := &fakeTB{TB: t}
		noLeaks(f, self)
		go func() { _ = e.Export(context.Background(), nil) }()
		synctest.Wait()
		f.end()
		if len(f.errors) != 0 {
			t.Errorf("a goroutine that ended in time was reported: %q", f.errors)
		}
	})
}

func TestNoLeaksQuiet(t *testing.T) {
	NoLeaks(t)
}

func TestGoroutinesOf(t *testing.T) {
	const pkg = "example.org/m/processor"
	for _, tc := range []struct {
		name   string
		frames string
		want   bool
	}{
		{"own", pkg + ".(*P).run(0xc0)\n\t/m/processor/run.go:7 +0x1", true},
		{"below", pkg + "/internal/queue.Take(...)\n\t/m/processor/internal/queue/take.go:7", true},
		{"started by", "runtime.x()\n\t/go/x.go:1\ncreated by " + pkg + ".New in goroutine 1\n\t/m/processor/new.go:9 +0x2", true},
		{"deep", "sync.x()\n\t/go/x.go:1\n" + pkg + ".f()\n\t/m/processor/f.go:1 +0x1", true},
		{"test code", pkg + ".TestX(0xc0)\n\t/m/processor/x_test.go:7 +0x1", false},
		{"test package", pkg + "_test.TestX(0xc0)\n\t/m/processor/x_test.go:7 +0x1", false},
		{"longer name", pkg + "x.Run()\n\t/m/processorx/run.go:7 +0x1", false},
		{"other", "example.org/m/bridge.Run()\n\t/m/bridge/run.go:7 +0x1", false},
		{"no frames", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			stacks := "goroutine 1 [running]:\nmain.main()\n\t/m/main.go:3 +0x1\n\n" +
				"goroutine 7 [select (durable), synctest bubble 3]:\n" + tc.frames + "\n"
			got := goroutinesOf(stacks, pkg)
			if _, found := got["7"]; found != tc.want || len(got) > 1 {
				t.Errorf("found %v, want goroutine 7: %t", got, tc.want)
			}
		})
	}
}
