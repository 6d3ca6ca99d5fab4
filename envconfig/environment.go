package envconfig

import (
	"fmt"
	"log/slog"
	"strings"
)

// Environment is the purpose for which a program runs. It selects the profile with the
// defaults.
type Environment string

// The environments.
const (
	// Development: the minimum level is DEBUG, the queue holds 20,000 records.
	Development Environment = "development"

	// Production: the minimum level is INFO, the queue holds 50,000 records. It is the
	// default.
	Production Environment = "production"
)

const allowedEnvironments = `"development" or "production"`

func parseEnvironment(s string) (Environment, error) {
	e := Environment(strings.ToLower(s))
	return e, checkEnvironment(e)
}

func checkEnvironment(e Environment) error {
	if e != Development && e != Production {
		return errUnknownEnvironment
	}
	return nil
}

// environment returns the environment. An option or the variable decides. Otherwise each
// of the other sources is enough to make it development.
func (l *loader) environment(level finding[slog.Level]) finding[Environment] {
	return first(
		option(l, "WithEnvironment", l.opts.environment, checkEnvironment, allowedEnvironments),
		variable(l, varEnvironment, trimmed(parseEnvironment, allowedEnvironments)),
		l.debugVariable(),
		l.debugArgument(),
		debugLevel(level),
		detected(Production, "nothing says development"),
	)
}

// debugVariable reads DEBUG. Many programs read this variable, each in its own way:
// DEBUG=express:* is for another program, and not a mistake.
func (l *loader) debugVariable() finding[Environment] {
	v, ok := l.opts.lookup(varDebug)
	if !ok || !isTrue(v) {
		return finding[Environment]{}
	}
	return detected(Development, fmt.Sprintf("%s=%s", varDebug, strings.TrimSpace(v)))
}

// debugArgument looks for --debug, in all forms that package flag accepts for a boolean.
// Only the arguments before "--" are flags.
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
			return detected(Development, "the argument "+printable(arg))
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

func detected(e Environment, reason string) finding[Environment] {
	return finding[Environment]{value: e, ok: true, source: Source{origin: originDetection, Name: reason}}
}
