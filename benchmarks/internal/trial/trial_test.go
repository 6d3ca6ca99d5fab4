package trial

import (
	"bufio"
	"context"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/grpc"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/contender"
)

// This test's binary is also the program that Spawn starts.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == Command {
		if err := Main(os.Args[2]); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const brief = 60 * time.Millisecond

func mustRun(t *testing.T, s Spec) *Result {
	t.Helper()
	r, err := Run(t.Context(), &s)
	if err != nil {
		t.Fatalf("%v: %v", &s, err)
	}
	return r
}

// TestCalls: all calls are measured, and all records arrive.
func TestCalls(t *testing.T) {
	for _, impl := range []string{contender.Asynclog, contender.SDK, contender.SDKSimple} {
		for _, goroutines := range []int{1, 3} {
			r := mustRun(t, Spec{Kind: Calls, Impl: impl, Level: contender.HandOver, Goroutines: goroutines, Queue: 4096, Duration: brief})
			if r.Calls == 0 || r.Acked != r.Calls || r.Lost() != 0 {
				t.Errorf("%s: %d of %d records arrived", impl, r.Acked, r.Calls)
			}
			if r.PerCall <= 0 || r.Latency.Count == 0 || uint64(r.Latency.Count) > r.Calls || r.Latency.P50 <= 0 || r.Latency.Max < r.Latency.P999 {
				t.Errorf("%s: %+v", impl, r)
			}
		}
	}
}

// TestCallsOfTheSlow: measuring a contender that makes callers wait takes no longer.
func TestCallsOfTheSlow(t *testing.T) {
	start := time.Now()
	r := mustRun(t, Spec{Kind: Calls, Impl: contender.SDKSimple, Level: contender.HandOver, Goroutines: 2, Queue: 4096, Duration: brief, Latency: time.Millisecond})
	if r.Latency.P50 < 1e6 || r.PerCall < 1e6 {
		t.Errorf("a call that takes 1 ms: %+v", r.Latency)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("the trial took %v", took)
	}
}

// TestBlocked: a contender that does not wait makes many calls and loses records. One
// that waits makes few calls, which take as long as the sink is blocked.
func TestBlocked(t *testing.T) {
	s := Spec{Kind: Blocked, Level: contender.HandOver, Goroutines: 2, Queue: 1024, Duration: 4 * brief}
	for _, impl := range []string{contender.Asynclog, contender.AsynclogOldest, contender.SDK} {
		s.Impl = impl
		if r := mustRun(t, s); r.Calls < 2048 || r.Lost() == 0 || r.Acked < 1024 || r.Acked > 2048 {
			t.Errorf("%s: %d of %d records arrived from a queue of 1,024", impl, r.Acked, r.Calls)
		}
	}
	s.Impl = contender.SDKSimple
	if r := mustRun(t, s); r.Calls != 2 || r.Lost() != 0 || r.Latency.Max < float64(2*brief) {
		t.Errorf("%s: %+v", s.Impl, r)
	}
}

func TestDeliver(t *testing.T) {
	s := Spec{Kind: Deliver, Level: contender.HandOver, Goroutines: 2, Queue: 2048, Duration: brief}
	for _, load := range []Load{Window, Paced, Flood} {
		for _, impl := range []string{contender.Asynclog, contender.AsynclogBlock, contender.SDK} {
			s.Impl, s.Load, s.Rate = impl, load, 10_000
			r := mustRun(t, s)
			if r.Calls == 0 || r.Acked == 0 || r.Acked > r.Calls || r.Elapsed <= 0 || r.Calling <= 0 || r.Calling > r.Elapsed {
				t.Errorf("%v: %+v", &s, r)
			}
			if lossless := load == Window || impl == contender.AsynclogBlock; lossless && r.Lost() > 0 {
				t.Errorf("%v: %d of %d records arrived", &s, r.Acked, r.Calls)
			}
			if runtime.GOOS != "windows" && r.CPU <= 0 {
				t.Errorf("%v: no processor time", &s)
			}
		}
	}
}

// TestDeliverOTLP: a record counts as arrived when the receiver acknowledged it.
func TestDeliverOTLP(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	received := new(counter)
	server := grpc.NewServer()
	collogs.RegisterLogsServiceServer(server, received)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	s := Spec{Kind: Deliver, Level: contender.LogCall, Goroutines: 2, Queue: 2048, Duration: brief, Load: Window, Target: l.Addr().String()}
	for _, impl := range []string{contender.Asynclog, contender.SDK} {
		s.Impl = impl
		before := received.n.Load()
		r := mustRun(t, s)
		if got := received.n.Load() - before; got < r.Acked || r.Acked != r.Calls || r.Acked == 0 {
			t.Errorf("%s: %d acknowledged of %d, %d received", impl, r.Acked, r.Calls, got)
		}
	}
}

func TestDeliverLines(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan int)
	go func() {
		n := 0
		if conn, err := l.Accept(); err == nil {
			for lines := bufio.NewScanner(conn); lines.Scan(); {
				n++
			}
			_ = conn.Close()
		}
		read <- n
	}()
	s := Spec{Kind: Deliver, Impl: contender.Zap, Level: contender.LogCall, Goroutines: 2, Queue: 4096, Duration: brief, Load: Window, Target: LinesPrefix + l.Addr().String()}
	r := mustRun(t, s)
	if n := <-read; uint64(n) < r.Acked || r.Acked != r.Calls {
		t.Errorf("%d lines read, %d of %d counted", n, r.Acked, r.Calls)
	}
}

func TestMemory(t *testing.T) {
	for _, impl := range []string{contender.Asynclog, contender.SDK, contender.Zap, contender.Zerolog, contender.Phuslu} {
		r := mustRun(t, Spec{Kind: Memory, Impl: impl, Level: contender.LogCall, Queue: 2000})
		if r.Heap < 2000*64 || r.Acked != 2000 || r.GCCPU < 0 || r.GCPause <= 0 {
			t.Errorf("%s: %+v", impl, r)
		}
	}
}

func TestSpawn(t *testing.T) {
	r, err := Spawn(t.Context(), &Spec{Kind: Calls, Impl: contender.Asynclog, Level: contender.HandOver, Goroutines: 1, Queue: 2048, Duration: brief})
	if err != nil || r.Calls == 0 || r.Acked != r.Calls {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := Spawn(t.Context(), &Spec{Kind: Calls, Impl: "log4j"}); err == nil || !strings.Contains(err.Error(), "log4j") {
		t.Errorf("an unknown contender: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Spawn(ctx, &Spec{Kind: Calls, Impl: contender.Asynclog}); err == nil {
		t.Error("a trial ran after its context had ended")
	}
}
