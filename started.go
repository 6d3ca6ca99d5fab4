package asynclog

import (
	"errors"
	"sync"
)

// ErrStarted is the error of [Start] while another pipeline has the logging of the
// process.
var ErrStarted = errors.New("asynclog: already started: all logging goes to the pipeline that runs; " +
	"call its Shutdown before the next Start, or give WithoutInstall to the one that is not for all logging")

// installed is the pipeline that has the logging of the process.
var installed struct {
	mu sync.Mutex
	p  *Pipeline // nil: none
}

// claim takes the place for p, before anything is built.
func claim(p *Pipeline) error {
	installed.mu.Lock()
	defer installed.mu.Unlock()
	if installed.p != nil {
		return ErrStarted
	}
	installed.p = p
	return nil
}

// release gives p's place back, if it has it.
func release(p *Pipeline) {
	installed.mu.Lock()
	defer installed.mu.Unlock()
	if installed.p == p {
		installed.p = nil
	}
}
