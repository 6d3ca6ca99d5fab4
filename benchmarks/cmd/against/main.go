// Command against runs the Go benchmarks of a package in the working tree and at
// another commit, in turns, and prints the ratio of each pair of neighbours: their
// median, least and greatest. It builds both test binaries first, so that a run is
// nothing but the benchmark.
//
//	go run ./cmd/against -rev HEAD~3 -pkg ./processor -bench HandOver
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/command"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/pair"
)

func main() { command.Main(run) }

// comparison is what the flags ask for.
type comparison struct {
	rev, pkg, bench string
	pairs           int
	benchtime       time.Duration
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("against", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var c comparison
	flags.StringVar(&c.rev, "rev", "HEAD", "the `commit` to compare the working tree with")
	flags.StringVar(&c.pkg, "pkg", "./processor", "the `package`, from the top of the repository")
	flags.StringVar(&c.bench, "bench", ".", "which benchmarks, as for go test -bench")
	flags.IntVar(&c.pairs, "pairs", 11, "how many pairs of runs")
	flags.DurationVar(&c.benchtime, "benchtime", 300*time.Millisecond, "of each benchmark in each run")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if c.pairs < 1 || c.benchtime <= 0 || flags.NArg() > 0 {
		return errors.New("want at least one pair, a positive benchtime and no arguments")
	}

	dir, err := os.MkdirTemp("", "against")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	then, now, err := c.build(ctx, dir, stderr)
	if err != nil {
		return err
	}
	runs, err := c.measure(ctx, then, now)
	if err != nil {
		return err
	}
	return write(stdout, c.rev, runs)
}

// build returns the paths of the test binaries of the commit and of the working tree.
func (c comparison) build(ctx context.Context, dir string, stderr io.Writer) (then, now string, err error) {
	top, err := exec.CommandContext(ctx, "git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return "", "", fmt.Errorf("the top of the repository: %w", err)
	}
	here, there := strings.TrimSpace(string(top)), filepath.Join(dir, "tree")
	if err := execute(ctx, here, stderr, "git", "worktree", "add", "--quiet", "--detach", there, c.rev); err != nil {
		return "", "", err
	}
	defer func() {
		// Without a cancelled context, so that no worktree stays in git's list.
		err = errors.Join(err, execute(context.WithoutCancel(ctx), here, stderr, "git", "worktree", "remove", "--force", there))
	}()
	then, now = filepath.Join(dir, "then.test"), filepath.Join(dir, "now.test")
	if err := execute(ctx, there, stderr, "go", "test", "-c", "-o", then, c.pkg); err != nil {
		return "", "", err
	}
	return then, now, execute(ctx, here, stderr, "go", "test", "-c", "-o", now, c.pkg)
}

func execute(ctx context.Context, dir string, stderr io.Writer, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stderr = dir, stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return nil
}

// measured is the figures of one benchmark, a pair at each index.
type measured struct {
	name      string
	then, now []figures
}

// measure runs both binaries in turns. Which comes first alternates, so that a
// machine that becomes slower all the time favours neither.
func (c comparison) measure(ctx context.Context, then, now string) ([]*measured, error) {
	var all []*measured
	for i := range c.pairs {
		before, after := map[string]figures{}, map[string]figures{}
		runs := []struct {
			binary string
			into   map[string]figures
		}{{then, before}, {now, after}}
		if i%2 == 1 {
			runs[0], runs[1] = runs[1], runs[0]
		}
		var names []string
		for _, r := range runs {
			out, err := exec.CommandContext(ctx, r.binary, "-test.run", "^$", "-test.benchmem",
				"-test.bench", c.bench, "-test.benchtime", c.benchtime.String()).CombinedOutput()
			if err != nil {
				return nil, fmt.Errorf("%w\n%s", err, out)
			}
			names = parse(string(out), r.into)
		}
		all = add(all, names, before, after)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no benchmark that both commits have matches %q", c.bench)
	}
	return all, nil
}

// add appends a pair to each benchmark that has one.
func add(all []*measured, names []string, before, after map[string]figures) []*measured {
	for _, name := range names {
		then, ok := before[name]
		now, both := after[name]
		if !ok || !both {
			continue
		}
		var m *measured
		for _, known := range all {
			if known.name == name {
				m = known
			}
		}
		if m == nil {
			m = &measured{name: name}
			all = append(all, m)
		}
		m.then, m.now = append(m.then, then), append(m.now, now)
	}
	return all
}

func write(w io.Writer, rev string, runs []*measured) error {
	var text strings.Builder
	fmt.Fprintf(&text, "benchmark\tns/op at %s\tnow\tratio\t(least–greatest of %d)\tallocs/op\tnow\n", rev, len(runs[0].then))
	for _, r := range runs {
		var then, now, ratios []float64
		for i := range r.then {
			then, now = append(then, r.then[i].nanoseconds), append(now, r.now[i].nanoseconds)
			ratios = append(ratios, r.now[i].nanoseconds/r.then[i].nanoseconds)
		}
		ratio := pair.SpreadOf(ratios)
		last := len(r.then) - 1
		fmt.Fprintf(&text, "%s\t%.4g\t%.4g\t%.3f\t(%.3f–%.3f)\t%g\t%g\n", r.name, pair.SpreadOf(then).Median,
			pair.SpreadOf(now).Median, ratio.Median, ratio.Min, ratio.Max, r.then[last].allocs, r.now[last].allocs)
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(out, text.String()); err != nil {
		return err
	}
	return out.Flush()
}
