package main

import "testing"

func TestUsage(t *testing.T) {
	for _, tc := range []struct {
		args   []string
		status int
		text   string
	}{
		{nil, statusUsage, "usage: otlp"},
		{[]string{"-h"}, 0, "usage: otlp"},
		{[]string{"help"}, 0, "usage: otlp"},
		{[]string{"front", "-h"}, 0, "-worker"},
		{[]string{"back"}, statusUsage, `no command "back"`},
		{[]string{"front", "-nonsense"}, statusUsage, "-nonsense"},
		{[]string{"front", "extra"}, statusUsage, `unexpected argument "extra"`},
		{[]string{"front", "-worker", "localhost:8081"}, statusUsage, "is not a URL"},
		{[]string{"load", "-target", "x"}, statusUsage, "is not a URL"},
		{[]string{"load", "-rate", "0"}, statusUsage, "greater than 0"},
		{[]string{"load", "-rate", "x"}, statusUsage, `otlp load: invalid value "x" for flag -rate`},
		{[]string{"load", "-rate", "x"}, statusUsage, `"otlp load -h" lists the flags`},
		{[]string{"load", "-for", "-1s"}, statusUsage, "-for must not be negative; 0: until SIGTERM or SIGINT"},
		{[]string{"load", "-large", "2"}, statusUsage, "-large and -invalid are shares, from 0 to 1"},
		{[]string{"load", "-invalid", "-0.1"}, statusUsage, "-large and -invalid are shares, from 0 to 1"},
		{[]string{"load", "-invalid", "NaN"}, statusUsage, "-large and -invalid are shares, from 0 to 1"},
		{[]string{"load", "-rate", "NaN"}, statusUsage, "greater than 0"},
		{[]string{"load", "-large-size", "0"}, statusUsage, "-large-size"},
		{[]string{"flood", "-records", "0"}, statusUsage, "greater than 0"},
		{[]string{"flood", "-every", "-1s"}, statusUsage, "-every"},
		{[]string{"flood", "-overflow", "drop"}, statusUsage, "must be one of block, drop-newest, drop-oldest, drop-lowest"},
		{[]string{"worker", "-listen", "127.0.0.1:-1"}, statusFailed, "otlp worker:"},
	} {
		status, p := invoke(t, tc.args...)
		if status != tc.status {
			t.Errorf("%q: exit status %d, want %d", tc.args, status, tc.status)
		}
		wantText(t, "the output", p.out.String()+p.err.String(), tc.text)
	}
}

// A variable with an unknown value ends the program with an error that names it.
func TestUnknownExporter(t *testing.T) {
	for _, name := range []string{"OTEL_LOGS_EXPORTER", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER"} {
		t.Run(name, func(t *testing.T) {
			var p printed
			t.Setenv(name, "nonsense")
			if status := run(t.Context(), p.console(), []string{"worker", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0"}); status != statusFailed {
				t.Errorf("exit status %d", status)
			}
			wantText(t, "standard error", p.err.String(), name+`="nonsense"`, "unknown exporter", "allowed: otlp, console, none")
		})
	}
}
