//go:build unix

package asynclog

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// outlive returns a writer to which a broken pipe is an error, also if it is
// standard output or standard error. For those package os ends the process
// (https://pkg.go.dev/os/signal, "SIGPIPE"), which suits a filter but is not for
// the log of a service to do.
func outlive(w io.Writer) io.Writer {
	f, ok := w.(*os.File)
	if !ok || f == nil {
		return w
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return w
	}
	return &rawFile{f.Name(), raw}
}

// rawFile writes to a file past package os. It holds the file's lock meanwhile, so
// lines do not mix with those that others write to the same *os.File.
type rawFile struct {
	name string
	conn syscall.RawConn
}

func (f *rawFile) Write(p []byte) (int, error) {
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
				return false // wait until it can be written to
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
