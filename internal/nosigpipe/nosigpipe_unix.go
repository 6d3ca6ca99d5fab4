//go:build unix

package nosigpipe

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Ignore ignores SIGPIPE in the whole process. Only a process that is about to exit may
// do that: a write to a closed pipe during its exit must not replace its exit status.
func Ignore() { signal.Ignore(syscall.SIGPIPE) }

// Writer returns a writer for w that reports a broken pipe as an error like any other,
// even if w is standard output or standard error. It returns w itself if w is not an
// [*os.File].
func Writer(w io.Writer) io.Writer {
	f, ok := w.(*os.File)
	if !ok || f == nil {
		return w
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return w
	}
	return &file{f.Name(), conn}
}

// file writes to a file without package os. It holds the file's lock during a write, so
// its lines do not mix with what others write to the same *os.File.
type file struct {
	name string
	conn syscall.RawConn
}

func (f *file) Write(p []byte) (int, error) {
	written := 0
	var writeErr error
	err := f.conn.Write(func(fd uintptr) (done bool) {
		for written < len(p) {
			n, err := syscall.Write(int(fd), p[written:])
			switch {
			case n > 0:
				written += n
			case errors.Is(err, syscall.EINTR):
			case errors.Is(err, syscall.EAGAIN):
				return false // wait until the file is writable
			case err != nil:
				writeErr = err
				return true
			default:
				writeErr = io.ErrShortWrite
				return true
			}
		}
		return true
	})
	if writeErr == nil {
		writeErr = err
	}
	if writeErr != nil {
		return written, &os.PathError{Op: "write", Path: f.name, Err: writeErr}
	}
	return written, nil
}
