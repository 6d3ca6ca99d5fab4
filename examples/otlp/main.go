package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// The exit statuses.
const (
	statusFailed = 1
	statusUsage  = 2
)

const usage = `usage: otlp front|worker|load|flood [flags]

  front   accepts prompts: POST /prompts
  worker  analyses and compresses texts: POST /texts
  load    posts prompts to a front
  flood   logs as fast as possible, and prints the rate

"otlp front -h" lists the flags of front.
`

// errUsage is the error of a wrong command line. The message has been printed already.
var errUsage = errors.New("usage")

// console is the output of a command: results for scripts, messages for people.
type console struct {
	out io.Writer // results
	err io.Writer // messages
}

// printf prints a message on standard error. It ignores errors, because they could only be
// reported to the same writer.
func (c console) printf(format string, args ...any) { _, _ = fmt.Fprintf(c.err, format, args...) }

// commands maps the name of a command to its function, which parses its arguments, and
// returns soon after the context has ended.
var commands = map[string]func(context.Context, console, []string) error{
	frontName:  runFront,
	workerName: runWorker,
	"load":     runLoad,
	"flood":    runFlood,
}

func main() {
	os.Exit(run(context.Background(), console{out: os.Stdout, err: os.Stderr}, os.Args[1:]))
}

// run runs a command and returns the exit status.
func run(ctx context.Context, c console, args []string) int {
	if len(args) == 0 {
		c.printf("%s", usage)
		return statusUsage
	}
	command, ok := commands[args[0]]
	switch {
	case ok:
	case strings.TrimLeft(args[0], "-") == "help" || args[0] == "-h":
		_, _ = io.WriteString(c.out, usage)
		return 0
	default:
		c.printf("otlp: no command %q\n%s", args[0], usage)
		return statusUsage
	}
	switch err := command(ctx, c, args[1:]); {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return statusUsage
	default:
		c.printf("otlp %s: %v\n", args[0], err)
		return statusFailed
	}
}

// parse parses the flags of a command. An argument after the flags is an error.
func parse(fs *flag.FlagSet, c console, args []string) error {
	fs.SetOutput(io.Discard) // the error is printed without the usage
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fs.SetOutput(c.out)
			fs.Usage()
			return err
		}
		return usageError(fs, c, "%v", err)
	}
	if fs.NArg() > 0 {
		return usageError(fs, c, "unexpected argument %q", fs.Arg(0))
	}
	return nil
}

// usageError prints what is wrong with the command line, and returns errUsage.
func usageError(fs *flag.FlagSet, c console, format string, args ...any) error {
	c.printf("otlp %s: %s\n%q lists the flags.\n", fs.Name(), fmt.Sprintf(format, args...), "otlp "+fs.Name()+" -h")
	return errUsage
}
