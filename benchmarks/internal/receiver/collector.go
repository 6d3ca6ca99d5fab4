package receiver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// CollectorCommand is the first argument of a process that runs a Collector. The second
// is the path of the Collector's binary.
const CollectorCommand = "collect"

// collectorConfig makes the Collector decode and acknowledge the records it receives,
// and discard them.
const collectorConfig = `
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: %s
exporters:
  nop:
service:
  pipelines:
    logs:
      receivers: [otlp]
      exporters: [nop]
  telemetry:
    metrics:
      level: none
    logs:
      level: error
`

// CollectorMain runs the Collector until standard input ends. Once the Collector accepts
// OTLP over gRPC, CollectorMain writes its address to standard output.
func CollectorMain(binary string) (err error) {
	dir, err := os.MkdirTemp("", "collector-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	address, err := freeAddress()
	if err != nil {
		return err
	}
	config := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, collectorConfig, address), 0o600); err != nil {
		return err
	}
	cmd := exec.Command(binary, "--config", "file:"+config) //nolint:gosec // the caller chooses the Collector
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // the Collector has reported its error on standard error
	}()
	if err := awaitListener(address, ended); err != nil {
		_ = cmd.Process.Kill()
		return err
	}
	fmt.Println(address)
	_, _ = io.Copy(io.Discard, os.Stdin)

	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(stopTimeout):
		_ = cmd.Process.Kill()
		<-ended
	}
	return nil
}

// awaitListener waits until a process listens at the address.
func awaitListener(address string, ended <-chan struct{}) error {
	const startTimeout = 30 * time.Second
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); {
		select {
		case <-ended:
			return errors.New("receiver: the Collector ended")
		case <-time.After(50 * time.Millisecond):
		}
		conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", address)
		if err == nil {
			return conn.Close()
		}
	}
	return errors.New("receiver: the Collector does not listen")
}

// freeAddress returns an address on which no process listens now.
func freeAddress() (string, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
