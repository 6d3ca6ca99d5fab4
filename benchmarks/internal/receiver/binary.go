package receiver

import (
	"os"
	"path/filepath"
)

// CollectorBinary returns the path of the Collector that "make collector" builds, in
// .backends of the directory or of one above it, or "" if there is none.
func CollectorBinary(dir string) string {
	for {
		path := filepath.Join(dir, ".backends", "otelcol")
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}
