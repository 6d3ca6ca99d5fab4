package envconfig

import (
	"fmt"
	"log/slog"
	"strings"
)

// Environment says what a program runs for, and so which profile its defaults
// come from.
type Environment string

// The environments there are.
const (
	// Development logs from DEBUG on, into a queue for 20,000 records.
	Development Environment = "development"

	// Production logs from INFO on, into a queue for 50,000 records. It is what a
	// program runs in when nothing says development.
	Production Environment = "production"
)

const allowedEnvironments = `"development" or "production"`

func parseEnvironment(s string) (Environment, error) {
	e := Environment(strings.ToLower(s))
	return e, checkEnvironment(e)
}

func checkEnvironment(e Environment) error {
	if e != Development && e != Production {
		return errNoEnvironment
	}
	return nil
}

// environment finds out what the program runs for. An option or the variable
// decide outright; else each of the rest is enough to make it development.
func (l *loader) environment(level finding[slog.Level]) finding[Environment] {
	return first(
		option(l, "WithEnvironment", l.opts.environment, checkEnvironment, allowedEnvironments),
		variable(l, varEnvironment, own(parseEnvironment, allowedEnvironments)),
		l.debugVariable(),
		l.debugArgument(),
		debugLevel(level),
		detected(Production, "nothing says development"),
	)
}

// debugVariable looks at DEBUG, which many programs read, each in its own way:
// DEBUG=express:* is somebody else's, and no mistake.
func (l *loader) debugVariable() finding[Environment] {
	v, ok := l.opts.lookup(varDebug)
	if !ok || !isTrue(v) {
		return finding[Environment]{}
	}
	return detected(Development, fmt.Sprintf("%s=%s", varDebug, strings.TrimSpace(v)))
}

// debugArgument looks for --debug, in all the ways in which package flag writes a
// boolean. Only the arguments before "--" are flags.
func (l *loader) debugArgument() finding[Environment] {
	for _, arg := range l.opts.args {
		if arg == "--" {
			break
		}
		name, value, assigned := strings.Cut(arg, "=")
		if name != "--debug" && name != "-debug" {
			continue
		}
		if on, err := parseBool(value); !assigned || (on && err == nil) {
			return detected(Development, "the argument "+arg)
		}
	}
	return finding[Environment]{}
}

func debugLevel(level finding[slog.Level]) finding[Environment] {
	if !level.ok || level.value > slog.LevelDebug {
		return finding[Environment]{}
	}
	return detected(Development, fmt.Sprintf("the level %s (%s)", LevelName(level.value), level.source.Name))
}

func detected(e Environment, by string) finding[Environment] {
	return finding[Environment]{value: e, ok: true, source: Source{origin: originDetection, Name: by}}
}
