package sink

import (
	"bufio"
	"net"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

func TestSink(t *testing.T) {
	s := New(time.Millisecond)
	start := time.Now()
	if err := s.Exporter().Export(t.Context(), make([]sdklog.Record, 3)); err != nil {
		t.Error(err)
	}
	if n, err := s.Write([]byte("one\ntwo\n")); n != 8 || err != nil {
		t.Errorf("Write: %d, %v", n, err)
	}
	if took := time.Since(start); took < 2*time.Millisecond {
		t.Errorf("two calls of 1 ms took %v", took)
	}
	if n := s.Acked(); n != 5 {
		t.Errorf("%d acknowledged, want 3 records and 2 lines", n)
	}
	if s.Exporter() == s.Exporter() {
		t.Error("two exporters are equal: a processor would use only one of them")
	}
}

func TestBlock(t *testing.T) {
	s := New(0)
	release := s.Block()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = s.Write([]byte("one\n"))
	}()
	select {
	case <-done:
		t.Fatal("a blocked sink accepted a line")
	case <-time.After(20 * time.Millisecond):
	}
	release()
	<-done
	if n := s.Acked(); n != 1 {
		t.Errorf("%d acknowledged", n)
	}
}

func TestLines(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	end, err := Dial(t.Context(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := end.Write([]byte("one\ntwo\n")); err != nil || end.Acked() != 2 {
		t.Errorf("%d lines, %v", end.Acked(), err)
	}
	if err := end.Close(); err != nil {
		t.Error(err)
	}
	n := 0
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		n++
	}
	if n != 2 {
		t.Errorf("%d lines were read", n)
	}
}
