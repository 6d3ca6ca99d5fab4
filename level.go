package asynclog

import "log/slog"

// Level returns the minimum level: what is below it is not logged. With this method
// a Pipeline is a [slog.Leveler], for handlers that are to follow it. Of a nil
// Pipeline it is INFO.
func (p *Pipeline) Level() slog.Level {
	if p == nil {
		return slog.LevelInfo
	}
	return p.level.Level()
}

// SetLevel changes the minimum level, at once and for all that logs to the
// pipeline: slog and the log package, which then do not build the record, as well as
// OpenTelemetry's Logs API and the bridges of other libraries, whose records of a
// lower severity are counted as filtered. The environment and its profile stay what
// they are. See [Pipeline.SettingsHandler] for doing so from outside.
func (p *Pipeline) SetLevel(l slog.Level) {
	if p != nil {
		p.level.Set(l)
	}
}

// Verbose tells whether phases are logged.
func (p *Pipeline) Verbose() bool { return p != nil && p.PhaseLogger().Verbose() }

// SetVerbose switches the logging of phases on or off; the phase ERROR is logged
// in any case.
func (p *Pipeline) SetVerbose(verbose bool) {
	if p != nil && p.phases != nil {
		p.phases.SetVerbose(verbose)
	}
}
