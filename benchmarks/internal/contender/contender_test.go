package contender

import (
	"bytes"
	"context"
	"encoding/json"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// destination counts the records that a contender delivers, and keeps the last one.
type destination struct {
	mu    sync.Mutex
	acked uint64
	rec   sdklog.Record
	line  []byte
}

func (d *destination) Acked() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.acked
}

func (d *destination) Export(_ context.Context, recs []sdklog.Record) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.acked += uint64(len(recs))
	d.rec = recs[len(recs)-1].Clone()
	return nil
}

func (*destination) ForceFlush(context.Context) error { return nil }
func (*destination) Shutdown(context.Context) error   { return nil }

func (d *destination) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := bytes.SplitAfter(b, []byte("\n"))
	d.acked += uint64(len(lines) - 1)
	d.line = bytes.Clone(lines[0])
	return len(b), nil
}

func newContender(name string, level Level, costly bool) (*destination, *Contender, error) {
	d := new(destination)
	c, err := New(name, Config{
		Level: level, Queue: 4096, Exporters: []sdklog.Exporter{d}, Writer: d, Costly: costly, Acked: d.Acked,
	})
	return d, c, err
}

// TestDelivery: every contender delivers every record, with the same message.
func TestDelivery(t *testing.T) {
	const goroutines, calls = 4, 500
	for name := range constructors {
		for _, costly := range []bool{false, true} {
			d, c, err := newContender(name, LogCall, costly)
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			for range goroutines {
				call := c.Caller()
				wg.Go(func() {
					for range calls {
						call()
					}
				})
			}
			wg.Wait()
			if at, err := c.Drain(t.Context(), goroutines*calls); err != nil || at.IsZero() {
				t.Errorf("%s: Drain: %v, %v", name, at, err)
			}
			if got := d.Acked(); got != goroutines*calls {
				t.Errorf("%s, costly %t: %d of %d records arrived", name, costly, got, goroutines*calls)
			}
			if err := c.Close(t.Context()); err != nil {
				t.Errorf("%s: Close: %v", name, err)
			}
			if d.line != nil {
				checkLine(t, name, d.line)
			} else {
				checkRecord(t, name, &d.rec)
			}
		}
	}
}

func checkLine(t *testing.T, name string, line []byte) {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(line, &got); err != nil {
		t.Errorf("%s: %v in %q", name, err, line)
		return
	}
	if got["method"] != method || got["path"] != path || got["status"] != float64(status) || got["cached"] != cached || got["took"] == nil {
		t.Errorf("%s wrote %s", name, line)
	}
	if got["msg"] != message && got["message"] != message {
		t.Errorf("%s wrote no message: %s", name, line)
	}
	if got["time"] == nil && got["ts"] == nil {
		t.Errorf("%s wrote no time: %s", name, line)
	}
}

func checkRecord(t *testing.T, name string, r *sdklog.Record) {
	t.Helper()
	if r.Body().AsString() != message || r.AttributesLen() != 5 || r.Severity() != log.SeverityInfo || r.Timestamp().IsZero() {
		t.Errorf("%s exported %v with %d attributes", name, r.Body(), r.AttributesLen())
	}
}

// TestLevels: New returns an error for a level that a contender does not support.
func TestLevels(t *testing.T) {
	for name, level := range map[string]Level{Zap: HandOver, SlogJSON: HandOver, Zerolog: Phase, Phuslu: HandOver, SDK: Phase, SDKSimple: Phase} {
		if _, _, err := newContender(name, level, false); err == nil {
			t.Errorf("%s supports level %s", name, level)
		}
	}
	if _, _, err := newContender("log4j", LogCall, false); err == nil {
		t.Error("New returned an unknown contender")
	}
	for _, level := range []Level{HandOver, Phase} {
		d, c, err := newContender(Asynclog, level, false)
		if err != nil {
			t.Fatal(err)
		}
		c.Caller()()
		if _, err := c.Drain(t.Context(), 1); err != nil || d.Acked() != 1 {
			t.Errorf("%s: %d records, %v", level, d.Acked(), err)
		}
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
