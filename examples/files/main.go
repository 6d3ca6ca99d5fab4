// Files puts texts through a small processing pipeline and logs what it does,
// through OpenTelemetry and the asynclog processor, to a file or standard output.
// At the end it shows what the logging cost and where every record is. It needs no
// server. The program in examples/quickstart is the same idea in 60 lines.
//
//	go run ./examples/files                        # this repository's own Markdown files
//	go run ./examples/files -out log.jsonl a.txt   # your own file, with the records in log.jsonl
//	git log | go run ./examples/files - | head     # standard input
//
// Each text goes through four phases. INTERCEPTION accepts it, ANALYSIS counts its
// words, sentences and tokens, COMPRESSION compresses it with gzip, COMPLETION
// decompresses it and compares it with the original. A phase that fails is logged
// with the phase ERROR.
//
// The phases are events of a bridge.PhaseLogger: records with the event name
// asynclog.phase and an attribute of that name. Everything else, such as a warning
// that compression did not make a text smaller, is logged with slog, whose default logger
// bridge.Install directs to the same place. All records of one run of a text through the
// pipeline have the same correlation.id:
//
//	go run ./examples/files | jq -c '[(.Attributes[] | select(.Key == "correlation.id")).Value.Value, .Body.Value]'
//
// With -repeat the program generates load. The exporter writes one JSON line after
// the other, which is slower than the pipeline can log, so -overflow and -queue decide
// what happens.
//
//	echo short | go run ./examples/files -out /dev/null -repeat 200000 -
//	echo short | go run ./examples/files -out /dev/null -repeat 200000 -overflow block -
//
// A text is valid UTF-8 without zero bytes, of at most 64 MiB. A file that is
// not such a text, or that cannot be read, is reported, and the other files are
// processed.
//
// The records go to standard output, everything else to standard error. The exit
// status is 0 if every text was processed and the ledger balances; records that
// an overflow policy dropped are shown and are not an error. It is 1 if a text
// failed, the output cannot be written, or records were lost for another reason; 2 if the
// command line is wrong; and 130 after an interrupt, which stops the work, exports
// what is queued and shows the summary. A second interrupt ends the program at
// once.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// Writing to a closed pipe then returns an error, which the exporter returns and the
	// ledger counts. Otherwise it would end the program.
	signal.Ignore(syscall.SIGPIPE)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal has its usual effect
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
