//go:build unix

package envconfig

import (
	"os"
	"syscall"
)

// openFile opens the file for reading. It does not wait for a writer if the path has
// become that of a FIFO.
func openFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}
