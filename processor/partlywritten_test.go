package processor

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/internal/lineexporter"
)

// writtenError says how many of a batch's first records were written.
type writtenError struct {
	n                              int
	temporary, permanent, reported bool
}

func (*writtenError) Error() string         { return "partly written" }
func (e *writtenError) RecordsWritten() int { return e.n }
func (e *writtenError) Temporary() bool     { return e.temporary }
func (e *writtenError) Permanent() bool     { return e.permanent }
func (e *writtenError) Reported() bool      { return e.reported }

// partial is an exporter that takes records up to an error of the script, and all of them
// when the script is over.
type partial struct {
	*exportertest.Exporter
	mu     sync.Mutex
	script []*writtenError
	taken  []string
}

func newPartial(script ...*writtenError) *partial {
	p := &partial{script: script}
	p.Exporter = exportertest.New(exportertest.WithFunc(p.export))
	return p
}

func (p *partial) export(_ context.Context, recs []sdklog.Record) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(recs)
	var err error
	if len(p.script) > 0 {
		n, err, p.script = min(p.script[0].n, n), p.script[0], p.script[1:]
	}
	for i := range recs[:n] {
		p.taken = append(p.taken, recs[i].Body().AsString())
	}
	return err
}

// TestPartlyWrittenBatch: records that an exporter has dealt with before it failed are
// exported, and only the others are tried again or lost.
func TestPartlyWrittenBatch(t *testing.T) {
	for name, tc := range map[string]struct {
		script   []*writtenError
		exported uint64
		retries  uint64
		reports  int
	}{
		"retried":            {[]*writtenError{{n: 3, temporary: true}}, 8, 1, 1},
		"twice":              {[]*writtenError{{n: 3, temporary: true}, {n: 2, temporary: true}}, 8, 2, 1},
		"none":               {[]*writtenError{{n: 0, temporary: true}}, 8, 1, 1},
		"all but one":        {[]*writtenError{{n: 7, temporary: true}}, 8, 1, 1},
		"lost":               {[]*writtenError{{n: 3, permanent: true}}, 3, 0, 1},
		"lost, reported":     {[]*writtenError{{n: 3, permanent: true, reported: true}}, 3, 0, 0},
		"all, with an error": {[]*writtenError{{n: 8}}, 8, 0, 1},
		"more than there is": {[]*writtenError{{n: 99}}, 8, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				reported := captureErrors(t)
				e := newPartial(tc.script...)
				p := start(t, e, WithFallback(nil), WithExportMaxBatchSize(8))
				emit(p, log.SeverityInfo, bodyRange(0, 8)...)
				time.Sleep(time.Minute)
				s := p.Stats()
				if s.Exported != tc.exported || s.Retries != tc.retries || s.DroppedTotal() != 8-tc.exported || s.Queued != 0 || !s.Balanced() {
					t.Errorf("%+v", s)
				}
				want := bodyRange(0, int(tc.exported))
				if len(e.taken) != len(want) {
					t.Fatalf("taken %q, want %q", e.taken, want)
				}
				for i := range want {
					if e.taken[i] != want[i] {
						t.Fatalf("taken %q, want %q", e.taken, want)
					}
				}
				if n := len(reported.all()); n != tc.reports {
					t.Errorf("%d reports, want %d", n, tc.reports)
				}
			})
		})
	}
}

// TestPartlyWrittenSynchronously: the one record of a synchronous export either was
// written or was not.
func TestPartlyWrittenSynchronously(t *testing.T) {
	captureErrors(t)
	e := newPartial(&writtenError{n: 1}, &writtenError{n: 0})
	p := start(t, e, WithSynchronous(), WithFallback(nil))
	emit(p, log.SeverityInfo, "written", "lost")
	if s := p.Stats(); s.Exported != 1 || s.DroppedTotal() != 1 {
		t.Errorf("%+v", s)
	}
}

// localExporter has no export timeout.
type localExporter struct{ *exportertest.Exporter }

func (localExporter) NoExportTimeout() {}

func TestNoExportTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := localExporter{exportertest.New(exportertest.WithDelay(time.Minute))}
		p := start(t, e, WithExportTimeout(time.Second))
		emit(p, log.SeverityInfo, "slow")
		if err := p.ForceFlush(t.Context()); err != nil {
			t.Error(err)
		}
		if s := p.Stats(); s.Exported != 1 || s.Retries != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// slowLines is a writer that takes a millisecond for each call.
type slowLines struct{ bytes.Buffer }

func (w *slowLines) Write(p []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return w.Buffer.Write(p)
}

// TestShutdownOfASlowOutput: what a local output has written by Shutdown's deadline is
// exported, the rest is lost, and the two differ to the record.
func TestShutdownOfASlowOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		var w slowLines
		p := start(t, lineexporter.New(&w), WithFallback(nil))
		emit(p, log.SeverityInfo, bodyRange(0, 512)...)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond+time.Microsecond)
		defer cancel()
		var lost *ShutdownError
		if err := p.Shutdown(ctx); !errors.As(err, &lost) {
			t.Fatal(err)
		}
		written := uint64(bytes.Count(w.Bytes(), []byte("\n")))
		if s := p.Stats(); s.Exported != written || written < 100 || lost.Total() != 512-written {
			t.Errorf("%d lines, %d exported, %d lost", written, s.Exported, lost.Total())
		}
	})
}
