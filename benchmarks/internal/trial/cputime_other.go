//go:build !unix

package trial

import "time"

// processTime returns 0: it is not implemented on this system.
func processTime() time.Duration { return 0 }
