package trial

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// Command is the first argument of a process that runs one trial. The second is the
// [Spec] as JSON. The process writes the [Result] as JSON.
const Command = "trial"

// trialTimeout is how long a trial may take beyond its duration.
const trialTimeout = 45 * time.Second

// Spawn runs the trial in a new process and waits for it.
func Spawn(ctx context.Context, s *Spec) (*Result, error) {
	arg, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.Duration+trialTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, Command, string(arg))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	defer stdin.Close() //nolint:errcheck // the process has ended
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("trial: %v: %w", s, err)
	}
	r := new(Result)
	if err := json.Unmarshal(out, r); err != nil {
		return nil, fmt.Errorf("trial: %v: %w", s, err)
	}
	return r, nil
}

// Main is the main function of the process that [Spawn] starts.
func Main(arg string) error {
	// The parent never writes. When it has ended, the result is no longer needed.
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	var s Spec
	if err := json.Unmarshal([]byte(arg), &s); err != nil {
		return err
	}
	r, err := Run(context.Background(), &s)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}
