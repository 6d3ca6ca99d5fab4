package otelhttp_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestServerSentEvents: each event arrives when it is flushed, every 10 ms, through the
// interface and through the controller. The next one is not sent before that.
func TestServerSentEvents(t *testing.T) {
	const events = 10
	arrived := make(chan struct{})
	eachServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for i := range events {
			_, _ = fmt.Fprintf(w, "data: %d\n\n", i)
			if i%2 == 0 {
				w.(http.Flusher).Flush()
			} else if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			select {
			case <-arrived:
			case <-r.Context().Done():
				return
			}
			<-tick.C
		}
	}), func(t *testing.T, s *server) {
		lines := bufio.NewScanner(s.do(t, s.request(t, http.MethodGet, "/")).Body)
		for i := range events {
			if !lines.Scan() || lines.Text() != fmt.Sprint("data: ", i) || !lines.Scan() {
				t.Fatalf("event %d: %q, %v", i, lines.Text(), lines.Err())
			}
			arrived <- struct{}{}
		}
	})
}

// TestHijack: a protocol that takes over the connection, as websockets do. HTTP/2 has none.
func TestHijack(t *testing.T) {
	eachServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, ok := w.(http.Hijacker)
		hijack := http.NewResponseController(w).Hijack
		if ok && r.URL.Path == "/interface" {
			hijack = h.Hijack
		}
		conn, rw, err := hijack()
		if errors.Is(err, http.ErrNotSupported) && r.ProtoMajor == 2 {
			http.Error(w, "use HTTP/1.1", http.StatusUpgradeRequired)
			return
		}
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		_ = conn.SetDeadline(time.Now().Add(timeout))
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_ = rw.Flush()
		line, _ := rw.ReadString('\n')
		_, _ = rw.WriteString(line)
		_ = rw.Flush()
	}), func(t *testing.T, s *server) {
		if s.protocol == 2 {
			if resp := s.do(t, s.request(t, http.MethodGet, "/")); resp.StatusCode != http.StatusUpgradeRequired {
				t.Errorf("status %d", resp.StatusCode)
			}
			return
		}
		for _, path := range []string{"/interface", "/controller"} {
			conn, err := tls.Dial("tcp", s.Listener.Addr().String(), s.Client().Transport.(*http.Transport).TLSClientConfig.Clone())
			if err != nil {
				t.Fatal(err)
			}
			_ = conn.SetDeadline(time.Now().Add(timeout))
			_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello\n", path)
			answer, err := io.ReadAll(conn)
			if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 101 ")) || !bytes.HasSuffix(answer, []byte("\r\n\r\nhello\n")) {
				t.Errorf("%s: %q, %v", path, answer, err)
			}
			_ = conn.Close()
		}
	})
}

// TestReadFrom: a file goes to the connection by ReadFrom, for which HTTP/1.1 has sendfile.
func TestReadFrom(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	if err := os.WriteFile(name, want, 0o600); err != nil {
		t.Fatal(err)
	}
	eachServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := w.(io.ReaderFrom); !ok && r.ProtoMajor == 1 {
			t.Error("the writer has no ReadFrom")
		}
		http.ServeFile(w, r, name)
	}), func(t *testing.T, s *server) {
		got, err := io.ReadAll(s.do(t, s.request(t, http.MethodGet, "/")).Body)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})
}

// TestResponseController: deadlines have an effect, and the answer may begin before the
// request's body has ended.
func TestResponseController(t *testing.T) {
	eachServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		if err := c.EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		if err := errors.Join(c.SetWriteDeadline(time.Now().Add(timeout)), c.SetReadDeadline(time.Now().Add(timeout))); err != nil {
			t.Error(err)
		}
		in := bufio.NewReader(r.Body)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if line == "deadline\n" {
				if err := c.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
					t.Error(err)
				}
				_, err := in.ReadByte()
				line = fmt.Sprintln(errors.Is(err, os.ErrDeadlineExceeded))
			}
			_, _ = io.WriteString(w, line)
			if err := c.Flush(); err != nil {
				t.Error(err)
			}
		}
	}), func(t *testing.T, s *server) {
		r, w := io.Pipe()
		defer func() { _ = w.Close() }()
		request := s.request(t, http.MethodPost, "/")
		request.Body, request.ContentLength = r, -1
		go func() { _, _ = io.WriteString(w, "first\n") }()
		answer := bufio.NewScanner(s.do(t, request).Body)
		for _, next := range []string{"first", "second", "third", "true"} {
			if !answer.Scan() || answer.Text() != next {
				t.Fatalf("answer %q, %v, want %q", answer.Text(), answer.Err(), next)
			}
			send := map[string]string{"first": "second\n", "second": "third\n", "third": "deadline\n"}[next]
			go func() { _, _ = io.WriteString(w, send) }()
		}
	})
}

// TestAbort: http.ErrAbortHandler reaches net/http as the very value, so that it ends the
// answer and logs nothing.
func TestAbort(t *testing.T) {
	eachServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "the beginning")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}), func(t *testing.T, s *server) {
		got, err := io.ReadAll(s.do(t, s.request(t, http.MethodGet, "/")).Body)
		if err == nil || string(got) != "the beginning" {
			t.Errorf("answer %q, %v", got, err)
		}
		s.Close() // when the handler has ended
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.recovered != http.ErrAbortHandler { //nolint:errorlint // the very value
			t.Errorf("panic %v", s.recovered)
		}
		if text := s.errorLog.String(); strings.Contains(text, "panic") {
			t.Errorf("logged: %s", text)
		}
	})
}
