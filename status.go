package asynclog

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/krunchwrapper/asynclog/internal/foreigntext"
	"github.com/krunchwrapper/asynclog/internal/plural"
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

const (
	// healthGrace is how long exports have to fail, or the queue has to be full, before
	// that counts: a restart of a collector or a burst of records is no outage.
	healthGrace = 30 * time.Second

	// failureExpiry is how long a failed export counts while there is nothing to export: no
	// further export can then show whether exports still fail.
	failureExpiry = 2 * time.Minute

	// maxReasonsText bounds the text of all exporters' errors.
	maxReasonsText = 4 << 10
)

// Healthy reports whether telemetry gets out. It returns nil if records are exported, or
// if they have not been for less than 30 seconds. Otherwise its error has the cause: the
// last export of each exporter failed, with the reasons, and for how long; the queue is
// full, and for how long; or the pipeline has been shut down ([ErrShutdown]). For a
// disabled pipeline it returns nil.
//
// It is for alerts and for people, and it says nothing about whether the program can do
// its work. Do not make a readiness or liveness probe depend on it: when the collector is
// down, such a probe takes every instance of the service out of service, or restarts it
// and so loses the records in its queue, while a queue and a ledger exist to get over just
// that. A probe may show its text, as long as its status stays the same.
//
// It reads the ledger and sends nothing, so it may be called at any rate. Exports have
// failed, and the queue has been full, since the first call that found it so after one
// that did not, or after a successful export; for exports also since the processor is
// degraded ([processor.Stats]). So call it more often than every 30 seconds. A failed
// export is forgotten after two minutes without anything to export, because only another
// record can show that exports work again.
//
// The error has the text of an exporter's error on one line ([processor.ExporterStats]).
// It may contain addresses: log it, but do not show it to everyone.
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
	exports, queue := h.checkExports(s, now), h.checkQueue(s, now)
	if exports != nil && queue != nil {
		return fmt.Errorf("%w; %w", queue, exports) // on one line
	}
	return errors.Join(exports, queue)
}

// checkQueue returns an error if the queue has been full for too long. h.mu is held.
func (h *health) checkQueue(s *processor.Stats, now time.Time) error {
	if s.Capacity == 0 || s.Queued+s.Reserved < s.Capacity {
		h.fullSince = time.Time{}
		return nil
	}
	if h.fullSince.IsZero() {
		h.fullSince = now
	}
	duration := now.Sub(h.fullSince)
	if duration < healthGrace {
		return nil
	}
	return fmt.Errorf("asynclog: the queue is full (%s), seen for %v", plural.Of(s.Capacity, "record"), duration.Round(time.Millisecond))
}

// checkExports returns an error if no exporter has worked for too long. h.mu is held.
func (h *health) checkExports(s *processor.Stats, now time.Time) error {
	var exports, successes uint64
	var reasons []string
	for i := range s.Exporters {
		e := &s.Exporters[i]
		exports += e.Exports
		successes += e.Exports - min(e.Failures, e.Exports)
		if e.Failing {
			reasons = append(reasons, e.Type+": "+e.LastError)
		}
	}
	if exports != h.exports || h.exportChanged.IsZero() {
		h.exports, h.exportChanged = exports, now
	}
	if len(reasons) == 0 || len(reasons) < len(s.Exporters) {
		h.failingSince = time.Time{}
		return nil
	}
	if h.failingSince.IsZero() || successes != h.successes {
		h.failingSince, h.successes = now, successes
	}
	since := h.failingSince
	if s.Degraded && s.DegradedSince.Before(since) {
		since = s.DegradedSince
	}
	idle := s.Queued == 0 && s.InFlight == 0
	duration := now.Sub(since)
	if duration < healthGrace || idle && now.Sub(h.exportChanged) >= failureExpiry {
		return nil
	}
	return fmt.Errorf("asynclog: exports fail for %v: %s", duration.Round(time.Millisecond),
		foreigntext.Line(strings.Join(reasons, "; "), maxReasonsText))
}
