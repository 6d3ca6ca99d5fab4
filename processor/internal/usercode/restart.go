package usercode

// Run calls loop until it returns. If user code ends the goroutine within loop
// (runtime.Goexit), Run calls loop again, on a new goroutine, after the deferred calls
// of loop have run. Run itself then never returns.
func Run(loop func()) {
	returned := false
	defer func() {
		if !returned {
			go Run(loop)
		}
	}()
	loop()
	returned = true
}
