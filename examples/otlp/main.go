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

  front   takes prompts: POST /prompts
  worker  analyses and compresses texts: POST /texts
  load    posts prompts to a front
  flood   logs as fast as it can, and says how fast that was

"otlp front -h" lists the flags of front.
`

// errUsage means that the command line makes no sense; what is wrong has been said.
var errUsage = errors.New("usage")

// console is where a command says what is for people, and for scripts.
type console struct {
	out io.Writer // results
	err io.Writer // all else
}

// say says something on standard error. If nobody takes it, there is nobody to tell.
func (c console) say(format string, args ...any) { _, _ = fmt.Fprintf(c.err, format, args...) }

// commands take their flags and arguments, and end with the context.
var commands = map[string]func(context.Context, console, []string) error{
	frontName:  runFront,
	workerName: runWorker,
	"load":     runLoad,
	"flood":    runFlood,
}

func main() {
	os.Exit(run(context.Background(), console{out: os.Stdout, err: os.Stderr}, os.Args[1:]))
}

// run returns the exit status.
func run(ctx context.Context, c console, args []string) int {
	if len(args) == 0 {
		c.say("%s", usage)
		return statusUsage
	}
	command, ok := commands[args[0]]
	switch {
	case ok:
	case strings.TrimLeft(args[0], "-") == "help" || args[0] == "-h":
		_, _ = io.WriteString(c.out, usage)
		return 0
	default:
		c.say("otlp: no command %q\n%s", args[0], usage)
		return statusUsage
	}
	switch err := command(ctx, c, args[1:]); {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return statusUsage
	default:
		c.say("otlp %s: %v\n", args[0], err)
		return statusFailed
	}
}

// parse parses flags, after which no argument may be left.
func parse(fs *flag.FlagSet, c console, args []string) error {
	fs.SetOutput(io.Discard) // the error is enough, without the whole usage after it
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fs.SetOutput(c.out)
			fs.Usage()
			return err
		}
		return refuse(fs, c, "%v", err)
	}
	if fs.NArg() > 0 {
		return refuse(fs, c, "unexpected argument %q", fs.Arg(0))
	}
	return nil
}

func refuse(fs *flag.FlagSet, c console, format string, args ...any) error {
	c.say("otlp %s: %s\n%q lists the flags.\n", fs.Name(), fmt.Sprintf(format, args...), "otlp "+fs.Name()+" -h")
	return errUsage
}
