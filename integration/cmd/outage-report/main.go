// Command outage-report runs outages of a real Collector with the SDK's batch processor
// and with asynclog's. It prints a Markdown table of the records that each lost and of the
// losses that each reported. It takes about a quarter of an hour.
//
//	outage-report [-over grpc|http] [-run regexp]
//
// It ends with an error if asynclog's ledger does not agree with the records that arrived.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strings"

	"github.com/krunchwrapper/asynclog/integration/internal/outage"
	"github.com/krunchwrapper/asynclog/integration/internal/rig"
)

func main() {
	over := flag.String("over", "", "grpc or http; empty: both")
	run := flag.String("run", "", "only plans that match this `regexp`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := report(ctx, *over, *run); err != nil {
		fmt.Fprintln(os.Stderr, "outage-report:", err)
		os.Exit(1) //nolint:gocritic // stop only undoes the notification
	}
}

func report(ctx context.Context, over, run string) error {
	pattern, err := regexp.Compile(run)
	if err != nil {
		return err
	}
	for _, pair := range os.Environ() {
		if key, _, _ := strings.Cut(pair, "="); strings.HasPrefix(key, "OTEL_") {
			_ = os.Unsetenv(key)
		}
	}
	var pairs [][2]outage.Result
	var wrong []error
	for _, protocol := range rig.Protocols {
		if over != "" && over != protocol.Name {
			continue
		}
		for _, plan := range outage.Plans(protocol) {
			if !pattern.MatchString(plan.String()) {
				continue
			}
			var pair [2]outage.Result
			for i, subject := range []outage.Subject{outage.SDK, outage.Asynclog} {
				r, err := runWithListener(ctx, subject, plan)
				if err != nil {
					return fmt.Errorf("%s, %v: %w", subject.Name, plan, err)
				}
				fmt.Fprintf(os.Stderr, "%v\n  %s: %s\n", plan, subject.Name, r)
				if err := r.Check(); err != nil {
					wrong = append(wrong, fmt.Errorf("%s, %v: %w", subject.Name, plan, err))
				}
				pair[i] = r
			}
			pairs = append(pairs, pair)
		}
	}
	return errors.Join(append(wrong, outage.WriteTable(os.Stdout, pairs))...)
}

func runWithListener(ctx context.Context, s outage.Subject, p outage.Plan) (outage.Result, error) {
	l, err := outage.Listen()
	if err != nil {
		return outage.Result{}, err
	}
	defer l.Close()
	return outage.Run(ctx, s, p, l)
}
