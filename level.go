package asynclog

import "log/slog"

// Level returns the minimum level: records below it are not logged. This method makes a
// Pipeline a [slog.Leveler], for handlers that should follow it. Of a nil Pipeline it
// is INFO.
func (p *Pipeline) Level() slog.Level {
	if p == nil {
		return slog.LevelInfo
	}
	return p.level.Level()
}

// SetLevel changes the minimum level, at once and for everything that logs to the
// pipeline. slog and the log package do not build records below it; those of
// OpenTelemetry's Logs API and of other libraries' bridges are counted as filtered. The
// environment and its profile stay what they are. [Pipeline.SettingsHandler] does the
// same over HTTP.
func (p *Pipeline) SetLevel(l slog.Level) {
	if p != nil {
		p.level.Set(l)
	}
}

// Verbose tells whether phases are logged.
func (p *Pipeline) Verbose() bool { return p != nil && p.PhaseLogger().Verbose() }

// SetVerbose switches the logging of phases on or off. The phase ERROR is always
// logged.
func (p *Pipeline) SetVerbose(verbose bool) {
	if p != nil && p.phases != nil {
		p.phases.SetVerbose(verbose)
	}
}
