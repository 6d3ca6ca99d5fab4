package receiver

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Receiver is a running receiver.
type Receiver struct {
	OTLP  string // address that accepts OTLP over gRPC
	Lines string // address that accepts lines; "": none

	cmd   *exec.Cmd
	stdin io.Closer
}

// Start starts a receiver in a process of its own. The receiver ends with the context,
// with Stop, and with this process.
func Start(ctx context.Context) (*Receiver, error) {
	r := new(Receiver)
	if err := r.start(ctx, []string{Command}, &r.OTLP, &r.Lines); err != nil {
		return nil, err
	}
	return r, nil
}

// StartCollector starts the OpenTelemetry Collector with the given binary. The Collector
// ends with the context, with Stop, and with this process.
func StartCollector(ctx context.Context, binary string) (*Receiver, error) {
	r := new(Receiver)
	if err := r.start(ctx, []string{CollectorCommand, binary}, &r.OTLP); err != nil {
		return nil, err
	}
	return r, nil
}

// start starts this program again with args, and reads the addresses that it writes, one
// a line.
func (r *Receiver) start(ctx context.Context, args []string, addresses ...*string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	r.cmd = exec.CommandContext(ctx, self, args...)
	r.cmd.Stderr = os.Stderr
	stdin, err := r.cmd.StdinPipe()
	if err != nil {
		return err
	}
	r.stdin = stdin
	// A Collector is ended by the process that started it, when its input ends.
	r.cmd.Cancel = stdin.Close
	r.cmd.WaitDelay = 2 * stopTimeout
	stdout, err := r.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := r.cmd.Start(); err != nil {
		return err
	}
	out := bufio.NewReader(stdout)
	for _, address := range addresses {
		line, err := out.ReadString('\n')
		if err != nil {
			r.Stop()
			return fmt.Errorf("receiver: %w", err)
		}
		*address = strings.TrimSpace(line)
	}
	return nil
}

// stopTimeout is how long a Collector may take to end.
const stopTimeout = 5 * time.Second

// Stop ends the receiver and waits until it has ended.
func (r *Receiver) Stop() {
	_ = r.stdin.Close()
	_ = r.cmd.Wait()
}
