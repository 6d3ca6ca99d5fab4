package asynclog

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/krunchwrapper/asynclog/processor"
)

// Level returns the minimum level: records below it are not logged. This method makes a
// Pipeline a [slog.Leveler], for handlers that should follow its level. The level of a
// nil Pipeline is INFO.
func (p *Pipeline) Level() slog.Level {
	if p == nil {
		return slog.LevelInfo
	}
	return p.level.Level()
}

// SetLevel changes the minimum level, at once and for everything that logs to the
// pipeline. slog and the log package do not build records below it. Records below it
// from OpenTelemetry's Logs API and from bridges of other libraries are counted as
// filtered. The environment and its profile do not change. [Pipeline.SettingsHandler]
// does the same over HTTP.
func (p *Pipeline) SetLevel(l slog.Level) {
	if p != nil {
		p.level.Set(l)
	}
}

// Verbose reports whether phases are logged.
func (p *Pipeline) Verbose() bool { return p != nil && p.PhaseLogger().Verbose() }

// SetVerbose switches the logging of phases on or off. The phase ERROR is always
// logged.
func (p *Pipeline) SetVerbose(verbose bool) {
	if p != nil && p.phases != nil {
		p.phases.SetVerbose(verbose)
	}
}

// Errors of [Pipeline.Healthy].
var (
	// ErrShutdown: the pipeline's Shutdown has been called.
	ErrShutdown = errors.New("asynclog: the pipeline has been shut down")
	// ErrNotStarted: the Pipeline is nil, or was not made by Start.
	ErrNotStarted = errors.New("asynclog: the pipeline has not been started")
)

// failureExpiry is how long a failed export counts while there is nothing to export: no
// further export can then show whether exports still fail.
const failureExpiry = 30 * time.Second

// Healthy returns nil if records can be exported. Otherwise its error has the cause:
// the last export of each exporter failed, with the reasons, and for how long if the
// processor is degraded ([processor.Stats]); the queue is full, and for how long; or the
// pipeline has been shut down ([ErrShutdown]). For a disabled pipeline it returns nil.
//
// It reads the ledger and sends nothing, so a readiness probe may call it at any rate.
// The time that the queue has been full is counted from the first call that found it
// full. A failed export is forgotten after 30 seconds without anything to export.
// Otherwise a service that gets no requests because it is not ready would never log the
// record that shows that exports work again.
//
// The error has the text of an exporter's error, which may contain addresses: log it,
// but do not show it to everyone.
func (p *Pipeline) Healthy() error {
	switch {
	case p == nil || p.processor == nil && !p.disabled:
		return ErrNotStarted
	case p.shutdown.begun():
		return ErrShutdown
	case p.disabled:
		return nil
	}
	s := p.processor.Stats()
	return p.health.check(&s, time.Now())
}

// check returns what is wrong, or nil.
func (h *health) check(s *processor.Stats, now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return errors.Join(h.checkExports(s, now), h.checkQueue(s, now))
}

// checkQueue returns an error if the queue is full. h.mu is held.
func (h *health) checkQueue(s *processor.Stats, now time.Time) error {
	if s.Capacity == 0 || s.Queued+s.Reserved < s.Capacity {
		h.fullSince = time.Time{}
		return nil
	}
	if h.fullSince.IsZero() {
		h.fullSince = now
	}
	return fmt.Errorf("asynclog: the queue is full (%s), seen for %v", records(s.Capacity), now.Sub(h.fullSince).Round(time.Millisecond))
}

// checkExports returns an error if no exporter works. h.mu is held.
func (h *health) checkExports(s *processor.Stats, now time.Time) error {
	var exports uint64
	var reasons []string
	for i := range s.Exporters {
		e := &s.Exporters[i]
		exports += e.Exports
		if e.Failing {
			reasons = append(reasons, e.Type+": "+e.LastError)
		}
	}
	if exports != h.exports || h.exportChanged.IsZero() {
		h.exports, h.exportChanged = exports, now
	}
	idle := s.Queued == 0 && s.InFlight == 0
	if len(reasons) == 0 || len(reasons) < len(s.Exporters) || idle && now.Sub(h.exportChanged) >= failureExpiry {
		return nil
	}
	duration := ""
	if s.Degraded {
		duration = fmt.Sprintf(" for %v", now.Sub(s.DegradedSince).Round(time.Millisecond))
	}
	return fmt.Errorf("asynclog: exports fail%s: %s", duration, strings.Join(reasons, "; "))
}

// records returns a number of records in words.
func records(n int) string {
	if n == 1 {
		return "1 record"
	}
	return fmt.Sprintf("%d records", n)
}
