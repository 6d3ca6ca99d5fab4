// Quickstart logs the lines of files to standard output, and then prints the ledger to standard error. Its arguments
// are files, or "-" for standard input. Without arguments it reads README.md and CHANGELOG.md in the working directory.
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
		defer context.AfterFunc(ctx, func() { p.Exit(130) })() // SIGINT also ends a blocked read
		return p.Monitor().Time(ctx, "process", process)
	}, asynclog.WithServiceName("quickstart"), asynclog.WithProcessorOptions(processor.WithOverflow(processor.Block(5*time.Second)),
		processor.WithRetry(processor.RetryConfig{Disabled: true}))) // a closed standard output remains closed
	s := p.Statistics().AsyncLogging
	log.Printf("Processed in %v\nEmitted  %8d\nExported %8d\nFallback %8d\nFiltered %8d\nQueued   %8d\nBalanced %8t\nDropped  %8d",
		p.Monitor().Stats()["process"].Last, s.Emitted, s.Exported, s.Fallback, s.Filtered, s.Queued+s.InFlight, s.Balanced(), s.DroppedTotal())
	for _, d := range s.Dropped {
		log.Printf("%17d %v, %v", d.Count, d.Severity, d.Reason)
	}
	if err != nil {
		log.Fatalln("quickstart:", err)
	}
}

func process(ctx context.Context) error {
	p, files := asynclog.FromContext(ctx), os.Args[1:]
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
		p.PhaseLogger().Log(ctx, "INTERCEPTION", file+" read")
		for line := range bytes.Lines(text) { // a burst
			slog.InfoContext(ctx, "line", "words", len(bytes.Fields(line)))
		}
		p.PhaseLogger().Log(ctx, bridge.PhaseCompletion, file+" done")
	}
	return p.ForceFlush(ctx) // a slow reader of standard output gets all records
}
