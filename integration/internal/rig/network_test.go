package rig

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// echo returns the address of a server that sends back the bytes that it receives.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

func network(t *testing.T) *Network {
	t.Helper()
	n, err := NewNetwork(echo(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Cut)
	return n
}

func dial(t *testing.T, n *Network) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", n.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// roundTrip sends a byte and waits for its echo.
func roundTrip(c net.Conn, timeout time.Duration) error {
	if _, err := c.Write([]byte{'x'}); err != nil {
		return err
	}
	if err := c.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, 1))
	return err
}

func TestCutAndRestore(t *testing.T) {
	n := network(t)
	c := dial(t, n)
	if err := roundTrip(c, time.Minute); err != nil {
		t.Fatal(err)
	}
	n.Cut()
	if err := roundTrip(c, time.Minute); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection survived: %v", err)
	}
	if _, err := net.Dial("tcp", n.Addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a new connection was not refused: %v", err)
	}
	if err := n.Restore(); err != nil {
		t.Fatal(err)
	}
	if err := roundTrip(dial(t, n), time.Minute); err != nil {
		t.Error(err)
	}
}

func TestToxics(t *testing.T) {
	const lag = 300 * time.Millisecond
	for name, c := range map[string]struct {
		toxic Toxic
		check func(t *testing.T, err error, took time.Duration)
	}{
		"latency": {Latency(lag, 0), func(t *testing.T, err error, took time.Duration) {
			if err != nil || took < lag {
				t.Errorf("%v after %v", err, took)
			}
		}},
		"requests dropped":  {DropRequests(), wantNoResponse},
		"responses dropped": {DropResponses(), wantNoResponse},
		"reset": {ResetPeer(0), func(t *testing.T, err error, _ time.Duration) {
			if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the connection was not reset: %v", err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := network(t)
			if err := n.AddFaults(c.toxic); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			err := roundTrip(dial(t, n), 2*time.Second)
			c.check(t, err, time.Since(start))

			n.ClearFaults()
			if err := roundTrip(dial(t, n), time.Minute); err != nil {
				t.Errorf("after the faults were cleared: %v", err)
			}
		})
	}
}

func wantNoResponse(t *testing.T, err error, _ time.Duration) {
	t.Helper()
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("not silent: %v", err)
	}
}

func TestBandwidth(t *testing.T) {
	n := network(t)
	if err := n.AddFaults(Bandwidth(100)); err != nil {
		t.Fatal(err)
	}
	c := dial(t, n)
	const size = 50_000
	start := time.Now()
	go func() { _, _ = c.Write(make([]byte, size)) }()
	if _, err := io.ReadFull(c, make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < 300*time.Millisecond {
		t.Errorf("50 kB took %v at 100 kB a second", took)
	}
}

func TestUnknownToxic(t *testing.T) {
	if err := network(t).AddFaults(Toxic{Type: "curse", Stream: upstream}); err == nil {
		t.Error("no error")
	}
}
