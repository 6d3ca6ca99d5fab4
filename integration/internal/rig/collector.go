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

// Collector is an OpenTelemetry Collector that receives logs over OTLP and writes them to
// a file. It can be started and ended several times, on the same addresses. Its methods
// are not safe for concurrent use.
type Collector struct {
	// GRPC and HTTP are the addresses, host:port, of its OTLP receivers.
	GRPC, HTTP string

	binary  string
	dir     string
	health  string
	files   []string // one for each start
	current *process // nil while the Collector does not run
}

// NewCollector returns a Collector that is not started yet. Its configuration, its output
// and its files go into dir. The error is [ErrNoCollector] if there is no binary.
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
		return errors.New("the Collector is running already")
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

	cmd := exec.Command(c.binary, "--config", "file:"+configFile) //nolint:gosec // the caller chooses the Collector
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

// Kill ends the Collector with SIGKILL and waits until it has ended. Records that it had
// not written to its file are lost.
func (c *Collector) Kill() error { return c.end(context.Background(), syscall.SIGKILL) }

// Stop asks the Collector to end and waits for it. The Collector writes the records that
// it holds. If the context ends first, Stop kills the Collector and returns an error.
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

// gapEvent is the event name of gap records, in which a processor reports losses to the
// Collector. They are not records of a user, and no ledger has them.
const gapEvent = "asynclog.gap"

// Records returns the records that the Collector wrote since its first start, in order of
// arrival and without gap records. They are complete after [Collector.Stop], or
// [FlushTime] after the last export.
func (c *Collector) Records() ([]Record, error) {
	var all []Record
	err := c.each(func(r Record) { all = append(all, r) })
	return all, err
}

// Count counts the records that Records returns, without keeping all of them in memory. It
// returns an error if a record is not one of the first emitted records of a [Source], or
// was changed on its way.
func (c *Collector) Count(emitted int64) (Arrivals, error) {
	t := Arrivals{}
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
		if err != nil && !errors.Is(err, os.ErrNotExist) { // killed before it made the file
			return err
		}
	}
	return nil
}

// Output returns the end of the Collector's own output.
func (c *Collector) Output() string {
	text, err := os.ReadFile(c.output())
	if err != nil {
		return err.Error()
	}
	const limit = 4096
	if len(text) > limit {
		text = text[len(text)-limit:]
	}
	return string(text)
}

func (c *Collector) output() string { return filepath.Join(c.dir, "collector.log") }
