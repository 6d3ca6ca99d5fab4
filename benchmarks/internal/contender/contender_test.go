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

// place takes what contenders deliver, and keeps the last of it.
type place struct {
	mu    sync.Mutex
	acked uint64
	rec   sdklog.Record
	line  []byte
}

func (p *place) Acked() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.acked
}

func (p *place) Export(_ context.Context, recs []sdklog.Record) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acked += uint64(len(recs))
	p.rec = recs[len(recs)-1].Clone()
	return nil
}

func (*place) ForceFlush(context.Context) error { return nil }
func (*place) Shutdown(context.Context) error   { return nil }

func (p *place) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := bytes.SplitAfter(b, []byte("\n"))
	p.acked += uint64(len(lines) - 1)
	p.line = bytes.Clone(lines[0])
	return len(b), nil
}

func newPlace(name string, level Level, costly bool) (*place, *Contender, error) {
	p := new(place)
	c, err := New(name, Config{
		Level: level, Queue: 4096, Exporters: []sdklog.Exporter{p}, Writer: p, Costly: costly, Acked: p.Acked,
	})
	return p, c, err
}

// TestDelivery: everybody delivers every record, all of them the same message.
func TestDelivery(t *testing.T) {
	const goroutines, calls = 4, 500
	for name := range makers {
		for _, costly := range []bool{false, true} {
			p, c, err := newPlace(name, LogCall, costly)
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
			if got := p.Acked(); got != goroutines*calls {
				t.Errorf("%s, costly %t: %d of %d records arrived", name, costly, got, goroutines*calls)
			}
			if err := c.Close(t.Context()); err != nil {
				t.Errorf("%s: Close: %v", name, err)
			}
			if p.line != nil {
				checkLine(t, name, p.line)
			} else {
				checkRecord(t, name, &p.rec)
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

// TestLevels: who has no hand-over, or no phases, says so.
func TestLevels(t *testing.T) {
	for name, level := range map[string]Level{Zap: HandOver, SlogJSON: HandOver, Zerolog: Phase, Phuslu: HandOver, SDK: Phase, SDKSimple: Phase} {
		if _, _, err := newPlace(name, level, false); err == nil {
			t.Errorf("%s has a %s", name, level)
		}
	}
	if _, _, err := newPlace("log4j", LogCall, false); err == nil {
		t.Error("an unknown contender")
	}
	for _, level := range []Level{HandOver, Phase} {
		p, c, err := newPlace(Asynclog, level, false)
		if err != nil {
			t.Fatal(err)
		}
		c.Caller()()
		if _, err := c.Drain(t.Context(), 1); err != nil || p.Acked() != 1 {
			t.Errorf("%s: %d records, %v", level, p.Acked(), err)
		}
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
