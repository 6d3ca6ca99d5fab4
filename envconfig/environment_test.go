package envconfig_test

import (
	"log/slog"
	"testing"

	"github.com/krunchwrapper/asynclog/envconfig"
)

func TestEnvironment(t *testing.T) {
	type environ = map[string]string
	const nothing = "detected: nothing says development"
	for name, tc := range map[string]struct {
		environ environ
		args    []string
		opts    []envconfig.Option
		want    envconfig.Environment
		source  string
	}{
		"nothing": {want: envconfig.Production, source: nothing},

		"DEBUG=true":         {environ: environ{"DEBUG": "true"}, want: envconfig.Development, source: "detected: DEBUG=true"},
		"DEBUG=TRUE, blanks": {environ: environ{"DEBUG": " TRUE\r\n"}, want: envconfig.Development, source: "detected: DEBUG=TRUE"},
		"DEBUG=1":            {environ: environ{"DEBUG": "1"}, want: envconfig.Development, source: "detected: DEBUG=1"},
		"DEBUG=false":        {environ: environ{"DEBUG": "false"}, want: envconfig.Production, source: nothing},
		"DEBUG empty":        {environ: environ{"DEBUG": ""}, want: envconfig.Production, source: nothing},
		"DEBUG of others":    {environ: environ{"DEBUG": "express:*,-send"}, want: envconfig.Production, source: nothing},

		"--debug":              {args: []string{"serve", "--debug", "-v"}, want: envconfig.Development, source: "detected: the argument --debug"},
		"-debug":               {args: []string{"-debug"}, want: envconfig.Development, source: "detected: the argument -debug"},
		"--debug=true":         {args: []string{"--debug=true"}, want: envconfig.Development, source: "detected: the argument --debug=true"},
		"--debug=false":        {args: []string{"--debug=false"}, want: envconfig.Production, source: nothing},
		"--debug=":             {args: []string{"--debug="}, want: envconfig.Production, source: nothing},
		"--debug off, then on": {args: []string{"--debug=false", "--debug"}, want: envconfig.Development, source: "detected: the argument --debug"},
		"--debug-addr":         {args: []string{"--debug-addr=:80", "debug", "---debug"}, want: envconfig.Production, source: nothing},
		"--debug after --":     {args: []string{"run", "--", "--debug"}, want: envconfig.Production, source: nothing},

		"level DEBUG by variable": {
			environ: environ{"KRUNCHWRAPPER_LOG_LEVEL": "debug"},
			want:    envconfig.Development, source: "detected: the level DEBUG (KRUNCHWRAPPER_LOG_LEVEL)",
		},
		"level TRACE by option": {
			opts: []envconfig.Option{envconfig.WithLevel(envconfig.LevelTrace)},
			want: envconfig.Development, source: "detected: the level TRACE (WithLevel)",
		},
		"level INFO": {
			environ: environ{"KRUNCHWRAPPER_LOG_LEVEL": "INFO"},
			want:    envconfig.Production, source: nothing,
		},
		"level DEBUG overruled": {
			environ: environ{"KRUNCHWRAPPER_LOG_LEVEL": "DEBUG"},
			opts:    []envconfig.Option{envconfig.WithLevel(slog.LevelInfo)},
			want:    envconfig.Production, source: nothing,
		},

		"the variable beats all that is detected": {
			environ: environ{"KRUNCHWRAPPER_ENV": "production", "DEBUG": "true", "KRUNCHWRAPPER_LOG_LEVEL": "DEBUG"},
			args:    []string{"--debug"},
			want:    envconfig.Production, source: "variable KRUNCHWRAPPER_ENV",
		},
		"the option beats the variable": {
			environ: environ{"KRUNCHWRAPPER_ENV": "production"},
			opts:    []envconfig.Option{envconfig.WithEnvironment(envconfig.Development)},
			want:    envconfig.Development, source: "option WithEnvironment",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{environ: tc.environ, args: tc.args}
			c := w.mustLoad(t, tc.opts...)
			if c.Environment != tc.want || c.Sources.Environment.String() != tc.source {
				t.Errorf("%s from %q, want %s from %q", c.Environment, c.Sources.Environment, tc.want, tc.source)
			}
		})
	}
}

// TestLevelBeatsProfile: an explicit level beats that of the environment.
func TestLevelBeatsProfile(t *testing.T) {
	w := &world{environ: map[string]string{"KRUNCHWRAPPER_ENV": "production", "KRUNCHWRAPPER_LOG_LEVEL": "DEBUG"}}
	if c := w.mustLoad(t); c.Level != slog.LevelDebug || c.QueueSize != 50_000 {
		t.Errorf("level %v, queue size %d; want DEBUG in production", c.Level, c.QueueSize)
	}
}

// TestInvalidEnvironmentIsDetected: if the variable has no usable value, the other sources
// decide.
func TestInvalidEnvironmentIsDetected(t *testing.T) {
	w := &world{environ: map[string]string{"KRUNCHWRAPPER_ENV": "stage", "DEBUG": "yes"}}
	c, err := w.load()
	want := `detected: DEBUG=yes; ignored KRUNCHWRAPPER_ENV="stage"`
	if err != nil || c.Environment != envconfig.Development || c.Sources.Environment.String() != want || len(w.reports) != 1 {
		t.Errorf("%s from %q; error %v, reports %v", c.Environment, c.Sources.Environment, err, w.reports)
	}
}
