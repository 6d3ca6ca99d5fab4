package rig

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
)

// process is a child process that ends with this process, however this one ends.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the child has ended
	err  error         // the result of Wait; valid after done is closed
}

// startProcess starts the command. A system that ends a child with its parent does so when
// the thread that started the child ends. The goroutine that starts the child therefore
// holds its thread until the child has ended.
func startProcess(cmd *exec.Cmd) (*process, error) {
	endWithParent(cmd)
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// signal sends a signal, unless the child has ended already.
func (p *process) signal(s os.Signal) error {
	err := p.cmd.Process.Signal(s)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}
