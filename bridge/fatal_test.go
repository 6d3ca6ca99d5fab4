package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

// childVariable is the environment variable that names the program a child process runs.
const childVariable = "ASYNCLOG_BRIDGE_TEST_CHILD"

// children are programs that end early. They print what they export.
var children = map[string]func(){
	"Fatal":          func() { installInChild(printing); stdlog.Fatal("the end") },
	"Fatalf":         func() { installInChild(printing); stdlog.Fatalf("the %s", "end") },
	"Fatalln":        func() { installInChild(printing); stdlog.Fatalln("the", "end") },
	"Logger.Fatal":   func() { installInChild(printing); stdlog.Default().Fatal("the end") },
	"Logger.Fatalf":  func() { installInChild(printing); stdlog.Default().Fatalf("the end") },
	"Logger.Fatalln": func() { installInChild(printing); stdlog.Default().Fatalln("the end") },
	"Panic":          func() { installInChild(printing); stdlog.Panic("the end") },
	"failing": func() {
		installInChild(refusing)
		stdlog.Fatal("the end")
	},
	"hanging": func() { // a panic, because its timeout is shorter
		installInChild(func(context.Context, []sdklog.Record) error { select {} })
		stdlog.Panic("the end")
	},
	"panicking flush": func() {
		bridge.Install(flushedBy{newChildProvider(printing), func(context.Context) error { panic("flush") }})
		slog.Info("before")
		stdlog.Fatal("the end")
	},
	"nested": func() {
		installInChild(printing)
		installInChild(refusing)
		stdlog.Fatal("the end")
	},
}

// flushing is closed when a flush begins.
var flushing = make(chan struct{})

// refusing fails while the flush waits for it; the flush does not return errors of
// earlier exports.
func refusing(context.Context, []sdklog.Record) error {
	<-flushing
	time.Sleep(100 * time.Millisecond)
	return errors.New("refused")
}

// printing is slow, so that a process that does not wait ends before it returns.
func printing(_ context.Context, records []sdklog.Record) error {
	time.Sleep(100 * time.Millisecond)
	for i := range records {
		fmt.Println(records[i].SeverityText(), int(records[i].Severity()), records[i].Body().AsString())
	}
	return nil
}

// balancing prints whether the ledger balances at the end of the flush, because nothing
// else runs after it.
type balancing struct {
	*sdklog.LoggerProvider

	p *processor.Processor
}

func (b balancing) ForceFlush(ctx context.Context) error {
	close(flushing)
	err := b.LoggerProvider.ForceFlush(ctx)
	if !errors.Is(err, context.DeadlineExceeded) { // the process may end while it prints
		fmt.Println("balanced:", b.p.Stats().Balanced())
	}
	return err
}

func newChildProvider(export func(context.Context, []sdklog.Record) error) balancing {
	p := processor.New(exportertest.New(exportertest.WithFunc(export)), processor.WithFallback(nil),
		processor.WithExportInterval(time.Hour))
	return balancing{sdklog.NewLoggerProvider(sdklog.WithProcessor(p)), p}
}

func installInChild(export func(context.Context, []sdklog.Record) error) {
	bridge.Install(newChildProvider(export))
	slog.Info("before")
}

func TestProcessEnds(t *testing.T) {
	if name := os.Getenv(childVariable); name != "" {
		children[name]()
		return
	}
	const flushed = "INFO 9 before\nFATAL 21 the end\nbalanced: true\n"
	for name, want := range map[string]struct {
		stdout, stderr string
		code           int
		atMost         time.Duration
	}{
		"Fatal":           {stdout: flushed, code: 1},
		"Fatalf":          {stdout: flushed, code: 1},
		"Fatalln":         {stdout: flushed, code: 1},
		"Logger.Fatal":    {stdout: flushed, code: 1},
		"Logger.Fatalf":   {stdout: flushed, code: 1},
		"Logger.Fatalln":  {stdout: flushed, code: 1},
		"Panic":           {stdout: "INFO 9 before\nERROR 17 the end\nbalanced: true\n", stderr: "panic: the end", code: 2},
		"failing":         {stdout: "balanced: true\n", stderr: "the end\n", code: 1},
		"hanging":         {stderr: "the end\n", code: 2, atMost: 20 * time.Second},
		"panicking flush": {stderr: "the end\n", code: 1},
		"nested":          {stdout: "balanced: true\n", stderr: "the end\n", code: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProcessEnds$")
			cmd.Env = append(os.Environ(), childVariable+"="+name)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			begun := time.Now()
			err := cmd.Run()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != want.code {
				t.Errorf("ended with %v, want exit code %d", err, want.code)
			}
			out, _, _ := strings.Cut(stdout.String(), "--- FAIL") // of the child's panic
			if out != want.stdout {
				t.Errorf("exported %q, want %q", stdout.String(), want.stdout)
			}
			if !strings.Contains(stderr.String(), want.stderr) || want.stderr == "" && stderr.Len() > 0 {
				t.Errorf("stderr %q, want %q", stderr.String(), want.stderr)
			}
			if took := time.Since(begun); want.atMost > 0 && took > want.atMost {
				t.Errorf("took %v, want at most %v", took, want.atMost)
			}
		})
	}
}
