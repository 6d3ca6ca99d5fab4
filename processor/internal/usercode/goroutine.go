package usercode

import (
	"bytes"
	"runtime"
	"strconv"
)

// GoroutineID returns the number of the goroutine that calls it. It takes about a
// microsecond, so only a call that is about to wait may use it: to find out whether it
// would wait for itself.
//
// Go does not offer the number otherwise. The text that it is read from has been the same
// since Go 1.0; should it change, GoroutineID returns 0.
func GoroutineID() uint64 {
	var buf [64]byte
	text, _ := bytes.CutPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	number, _, _ := bytes.Cut(text, []byte(" "))
	id, _ := strconv.ParseUint(string(number), 10, 64)
	return id
}
