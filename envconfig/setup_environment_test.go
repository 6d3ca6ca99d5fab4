package envconfig_test

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/krunchwrapper/asynclog/envconfig"
)

// The tests of setup_environment.sh run it in the shells that it supports, started without
// the user's startup files. Shells that are not installed are skipped.

// shell is a shell, with the command that lists its variables, functions and options.
type shell struct {
	name  string
	args  []string
	names string // prints the names of all variables and functions
	opts  string // prints the options
}

var shells = []shell{
	{"bash", []string{"--noprofile", "--norc"}, "compgen -v; compgen -A function", "set +o; shopt -p; trap"},
	{"zsh", []string{"-f"}, "print -l ${(k)parameters} ${(k)functions}", "setopt; trap"},
}

func forEachShell(t *testing.T, test func(t *testing.T, sh shell)) {
	for _, sh := range shells {
		t.Run(sh.name, func(t *testing.T) {
			if _, err := exec.LookPath(sh.name); err != nil {
				t.Skipf("%s is not installed", sh.name)
			}
			test(t, sh)
		})
	}
}

// run runs a script in the root of the repository, with these variables and PATH. It
// returns the output and the exit status.
func (sh shell) run(t *testing.T, environ []string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	cmd := exec.Command(sh.name, append(slices.Clone(sh.args), args...)...)
	cmd.Dir = ".."
	cmd.Env = append([]string{"PATH=/usr/local/bin:/usr/bin:/bin"}, environ...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if exit := (*exec.ExitError)(nil); !errors.As(cmd.Run(), &exit) && cmd.ProcessState == nil {
		t.Fatalf("%s does not start", sh.name)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// TestSetupEnvironment sources the script and loads the configuration of a program that is
// started from the shell.
func TestSetupEnvironment(t *testing.T) {
	forEachShell(t, func(t *testing.T, sh shell) {
		for _, options := range []string{"", "set -eu; "} {
			for _, environment := range []envconfig.Environment{envconfig.Development, envconfig.Production} {
				source := fmt.Sprintf("source ./setup_environment.sh %s; ", environment)
				// Sourcing it twice, or after the other word, is the same as once.
				script := options + "source ./setup_environment.sh development >/dev/null; source ./setup_environment.sh production >/dev/null; " +
					source + source + "echo --; env"
				stdout, stderr, status := sh.run(t, nil, "-c", script)
				printed, environ, ok := strings.Cut(stdout, "--\n")
				if status != 0 || stderr != "" || !ok {
					t.Fatalf("%s: status %d, %s%s", script, status, stdout, stderr)
				}

				w := &world{environ: map[string]string{}}
				for line := range strings.Lines(environ) {
					key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
					w.environ[key] = value
				}
				c := w.mustLoad(t)
				if c.Environment != environment || c.Sources.Environment.Origin() != envconfig.FromVariable {
					t.Errorf("%s: %s from %s", script, c.Environment, c.Sources.Environment)
				}
				line := fmt.Sprintf("KRUNCHWRAPPER_ENV=%s: by default, minimum level %s, queue size %d\n",
					environment, envconfig.LevelName(c.Level), c.QueueSize)
				if printed != line+line {
					t.Errorf("printed %q, want twice %q", printed, line)
				}
			}
		}
	})
}

// TestSetupEnvironmentNamesOverrides: the script names the variables that beat the
// profile.
func TestSetupEnvironmentNamesOverrides(t *testing.T) {
	forEachShell(t, func(t *testing.T, sh shell) {
		for environ, want := range map[string]string{
			"KRUNCHWRAPPER_LOG_LEVEL=TRACE": "but KRUNCHWRAPPER_LOG_LEVEL=TRACE is set, and decides the minimum level\n",
			"ASYNC_LOG_QUEUE_SIZE=5":        "but ASYNC_LOG_QUEUE_SIZE=5 is set, and decides the queue size\n",
			"OTEL_BLRP_MAX_QUEUE_SIZE=6":    "but OTEL_BLRP_MAX_QUEUE_SIZE=6 is set, and decides the queue size\n",
		} {
			stdout, stderr, status := sh.run(t, []string{environ}, "-c", "source ./setup_environment.sh production")
			if status != 0 || stderr != "" || !strings.HasSuffix(stdout, want) {
				t.Errorf("%s: status %d, %s%s", environ, status, stdout, stderr)
			}
		}
	})
}

// TestSetupEnvironmentRefuses: after a wrong word the shell goes on, unchanged.
func TestSetupEnvironmentRefuses(t *testing.T) {
	forEachShell(t, func(t *testing.T, sh shell) {
		for _, args := range []string{"", "staging", "Production", "''", "'development production'", "development production", "-h", "'*'"} {
			source := "source ./setup_environment.sh " + args
			for _, script := range []string{
				source + "; echo status $? ${KRUNCHWRAPPER_ENV:-unset}",
				"set -eu; " + source + " || echo status $? ${KRUNCHWRAPPER_ENV:-unset}",
			} {
				stdout, stderr, status := sh.run(t, nil, "-c", script)
				if status != 0 || stdout != "status 1 unset\n" || !strings.Contains(stderr, "development or production, not '") {
					t.Errorf("%s: status %d, %s%s", script, status, stdout, stderr)
				}
			}
		}
	})
}

// TestSetupEnvironmentExecuted: the script refuses to be executed, with a hint.
func TestSetupEnvironmentExecuted(t *testing.T) {
	forEachShell(t, func(t *testing.T, sh shell) {
		for _, args := range [][]string{
			{"./setup_environment.sh", "development"},
			{"-eu", "./setup_environment.sh"},
			{"-c", "./setup_environment.sh production"}, // by its first line, with bash
		} {
			stdout, stderr, status := sh.run(t, nil, args...)
			if status != 1 || stdout != "" || !strings.Contains(stderr, "source ./setup_environment.sh development|production") {
				t.Errorf("%v: status %d, %s%s", args, status, stdout, stderr)
			}
		}
	})
}

// TestSetupEnvironmentOtherShell: sh sets nothing, and does not exit.
func TestSetupEnvironmentOtherShell(t *testing.T) {
	if _, err := exec.LookPath("dash"); err != nil {
		t.Skip("dash is not installed")
	}
	stdout, stderr, status := shell{name: "dash"}.run(t, nil, "-c", ". ./setup_environment.sh; echo status $?")
	if status != 0 || stdout != "status 1\n" || !strings.Contains(stderr, "for bash and zsh") {
		t.Errorf("sourced: status %d, %s%s", status, stdout, stderr)
	}
	if _, stderr, status = (shell{name: "dash"}).run(t, nil, "./setup_environment.sh", "production"); status != 1 || stderr == "" {
		t.Errorf("executed: status %d, %s", status, stderr)
	}
}

// TestSetupEnvironmentLeavesNothing compares the shell's names and options before and
// after.
func TestSetupEnvironmentLeavesNothing(t *testing.T) {
	forEachShell(t, func(t *testing.T, sh shell) {
		list := fmt.Sprintf("%s; echo --; %s; echo --; ", sh.names, sh.opts)
		// bash sets PIPESTATUS when the first pipeline ends, with or without the script.
		stdout, stderr, status := sh.run(t, nil, "-c", ": | :; "+list+
			"source ./setup_environment.sh production >/dev/null; source ./setup_environment.sh nonsense 2>/dev/null; "+list)
		parts := strings.Split(stdout, "--\n")
		if status != 0 || stderr != "" || len(parts) != 5 {
			t.Fatalf("status %d, %d parts, %s", status, len(parts), stderr)
		}
		before := strings.Fields(parts[0])
		var added []string
		for name := range strings.FieldsSeq(parts[2]) {
			if !slices.Contains(before, name) {
				added = append(added, name)
			}
		}
		if len(before) < 10 || !slices.Equal(added, []string{"KRUNCHWRAPPER_ENV"}) {
			t.Errorf("of %d names before, it adds %v", len(before), added)
		}
		if parts[1] == "" || parts[1] != parts[3] {
			t.Errorf("options before\n%safter\n%s", parts[1], parts[3])
		}
	})
}
