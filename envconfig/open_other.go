//go:build !unix

package envconfig

import "os"

func openFile(path string) (*os.File, error) { return os.Open(path) }
