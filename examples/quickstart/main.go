// Quickstart logs the lines of files to standard output, then prints the ledger to standard error. Its arguments are
// the files to read, and "-" is standard input. Without arguments it reads README.md and CHANGELOG.md.
package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/processor"
)

func main() {
	log.SetFlags(0)
	var p *asynclog.Pipeline
	err := asynclog.Run(context.Background(), func(ctx context.Context) error {
		p = asynclog.FromContext(ctx)
		defer context.AfterFunc(ctx, func() { p.Exit(130) })() // an interrupt ends a waiting read, too
		return p.Monitor().Time(ctx, "process", process)
	}, asynclog.WithServiceName("quickstart"), asynclog.WithProcessorOptions(processor.WithOverflow(processor.Block(5*time.Second)),
		processor.WithRetry(processor.RetryConfig{Disabled: true}))) // a closed standard output remains closed
	s := p.Statistics().AsyncLogging
	log.Printf("Processed in %v. Ledger:\nEmitted  %8d\nExported %8d\nFallback %8d\nFiltered %8d\nQueued   %8d\nDropped  %8d\nBalanced %8t",
		p.Monitor().Stats()["process"].Last, s.Emitted, s.Exported, s.Fallback, s.Filtered, s.Queued+s.InFlight, s.DroppedTotal(), s.Balanced())
	for _, d := range s.Dropped {
		log.Printf("Dropped  %8d %v, %v", d.Count, d.Severity, d.Reason)
	}
	if err != nil {
		log.Fatalln("quickstart:", err)
	}
}

func process(ctx context.Context) error {
	phases, files := asynclog.FromContext(ctx).PhaseLogger(), os.Args[1:]
	if len(files) == 0 {
		files = []string{"README.md", "CHANGELOG.md"}
	}
	for _, file := range files {
		ctx := bridge.ContextWithCorrelationID(ctx, bridge.NewCorrelationID(ctx))
		text, err := os.ReadFile(file)
		if file == "-" {
			text, err = io.ReadAll(os.Stdin)
		}
		if err != nil {
			return err
		}
		phases.Log(ctx, "INTERCEPTION", file+" read")
		for line := range bytes.Lines(text) { // a burst
			slog.InfoContext(ctx, "line", "words", len(bytes.Fields(line)))
		}
		phases.Log(ctx, bridge.PhaseCompletion, file+" done")
	}
	return nil
}
