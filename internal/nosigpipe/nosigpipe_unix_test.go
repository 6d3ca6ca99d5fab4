//go:build unix

package nosigpipe

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestWriterWritesAll writes more than a pipe takes at once, so that Write has to wait
// and to continue.
func TestWriterWritesAll(t *testing.T) {
	for name, nonBlocking := range map[string]bool{"blocking": false, "non-blocking": true} {
		t.Run(name, func(t *testing.T) {
			r, w := pipe(t, nonBlocking)
			text := []byte(strings.Repeat("0123456789abcdef", 1<<16))
			read := make(chan []byte)
			go func() {
				got, _ := io.ReadAll(r)
				read <- got
			}()
			n, err := Writer(w).Write(text)
			if err != nil || n != len(text) {
				t.Errorf("wrote %d bytes of %d: %v", n, len(text), err)
			}
			_ = w.Close()
			if got := <-read; !bytes.Equal(got, text) {
				t.Errorf("read %d bytes, want %d", len(got), len(text))
			}
		})
	}
}

func TestWriterReportsErrors(t *testing.T) {
	r, w := pipe(t, false)
	_ = r.Close()
	n, err := Writer(w).Write([]byte("text"))
	if n != 0 || !errors.Is(err, syscall.EPIPE) || !strings.Contains(err.Error(), w.Name()) {
		t.Errorf("returned %d, %v", n, err)
	}
	_ = w.Close()
	if _, err := Writer(w).Write([]byte("text")); err == nil || !strings.Contains(err.Error(), "closed file") {
		t.Errorf("to a closed file: %v", err)
	}
}

func TestWriterReturnsOtherWriters(t *testing.T) {
	var b bytes.Buffer
	if Writer(&b) != io.Writer(&b) {
		t.Error("a buffer is wrapped")
	}
	var none *os.File
	if Writer(none) != io.Writer(none) {
		t.Error("a nil file is wrapped")
	}
}

// pipe returns a pipe whose writing end is blocking, as standard output is, or not.
func pipe(t *testing.T, nonBlocking bool) (r, w *os.File) {
	t.Helper()
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	if err := syscall.SetNonblock(fds[1], nonBlocking); err != nil {
		t.Fatal(err)
	}
	r, w = os.NewFile(uintptr(fds[0]), "reader"), os.NewFile(uintptr(fds[1]), "writer")
	t.Cleanup(func() { _, _ = r.Close(), w.Close() })
	return r, w
}
