package rig

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Collector is an OpenTelemetry Collector that receives logs over OTLP and writes
// them to a file. It can be started and ended as often as one likes, on the same
// addresses. Its methods are not for concurrent use.
type Collector struct {
	// GRPC and HTTP are the addresses, host:port, of its OTLP receivers.
	GRPC, HTTP string

	binary  string
	dir     string
	health  string
	files   []string // one a life
	current *process // nil while it does not run
}

// NewCollector returns a Collector that is not started yet. Its configuration, what
// it says and what it writes go into dir. The error is [ErrNoCollector] if there is
// none.
func NewCollector(dir string) (*Collector, error) {
	binary, err := Binary()
	if err != nil {
		return nil, err
	}
	c := &Collector{binary: binary, dir: dir}
	for _, addr := range []*string{&c.GRPC, &c.HTTP, &c.health} {
		if *addr, err = freeAddr(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Start starts the Collector and waits until it is ready, or the context ends.
func (c *Collector) Start(ctx context.Context) error {
	if c.current != nil {
		return errors.New("the Collector runs already")
	}
	file := filepath.Join(c.dir, fmt.Sprintf("logs-%d.jsonl", len(c.files)+1))
	configFile := filepath.Join(c.dir, "config.yaml")
	conf := config{GRPC: c.GRPC, HTTP: c.HTTP, Health: c.health, File: file}
	if err := conf.write(configFile); err != nil {
		return err
	}
	out, err := os.OpenFile(c.output(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }() // the child has its own descriptor

	cmd := exec.Command(c.binary, "--config", "file:"+configFile) //nolint:gosec // the Collector is the caller's choice
	cmd.Stdout, cmd.Stderr = out, out
	p, err := startProcess(cmd)
	if err != nil {
		return err
	}
	c.current = p
	c.files = append(c.files, file)
	return c.awaitReady(ctx)
}

func (c *Collector) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !c.ready(ctx) {
		select {
		case <-tick.C:
		case <-c.current.done:
			err := c.current.err
			c.current = nil
			return fmt.Errorf("the Collector ended (%w):\n%s", err, c.Output())
		case <-ctx.Done():
			return fmt.Errorf("the Collector is not ready: %w\n%s", ctx.Err(), c.Output())
		}
	}
	return nil
}

func (c *Collector) ready(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.health, http.NoBody)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Kill ends the Collector as kill -9 does, and waits until it has ended. What it
// had not written to its file is lost.
func (c *Collector) Kill() error { return c.end(context.Background(), syscall.SIGKILL) }

// Stop asks the Collector to end, and waits for it: it writes what it holds. When
// the context ends it is killed, which is an error.
func (c *Collector) Stop(ctx context.Context) error { return c.end(ctx, syscall.SIGTERM) }

func (c *Collector) end(ctx context.Context, s syscall.Signal) error {
	if c.current == nil {
		return nil
	}
	p := c.current
	c.current = nil
	err := p.signal(s)
	select {
	case <-p.done:
		return err
	case <-ctx.Done():
		err = fmt.Errorf("the Collector did not stop: %w\n%s", ctx.Err(), c.Output())
		killErr := p.signal(syscall.SIGKILL)
		<-p.done
		return errors.Join(err, killErr)
	}
}

// gapEvent is the name of the records by which a processor tells, at the Collector, of
// what it lost. They are nobody's records, and in no ledger.
const gapEvent = "asynclog.gap"

// Records returns what the Collector wrote, in all its lives, in order of arrival,
// but for what a processor says of itself. It is complete after [Collector.Stop], or [FlushTime] after the last export.
func (c *Collector) Records() ([]Record, error) {
	var all []Record
	err := c.each(func(r Record) { all = append(all, r) })
	return all, err
}

// Count counts what the Collector wrote, as Records returns it, without holding it
// all. It is an error if there is a record that is not one of the first so many of a
// [Source], or that was changed on its way.
func (c *Collector) Count(emitted int64) (Tally, error) {
	t := Tally{}
	var errs []error
	err := c.each(func(r Record) {
		if err := t.add(r, emitted); err != nil && len(errs) < 10 {
			errs = append(errs, err)
		}
	})
	return t, errors.Join(append(errs, err)...)
}

func (c *Collector) each(f func(Record)) error {
	for _, file := range c.files {
		err := eachRecord(file, func(r Record) {
			if r.EventName() != gapEvent {
				f(r)
			}
		})
		if err != nil && !errors.Is(err, os.ErrNotExist) { // killed before it was made
			return err
		}
	}
	return nil
}

// Output returns the end of what the Collector itself said.
func (c *Collector) Output() string {
	text, err := os.ReadFile(c.output())
	if err != nil {
		return err.Error()
	}
	const most = 4096
	if len(text) > most {
		text = text[len(text)-most:]
	}
	return string(text)
}

func (c *Collector) output() string { return filepath.Join(c.dir, "collector.log") }
