package bridge_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/processor"
)

// printer is an exporter for examples.
type printer struct{}

func (printer) Export(_ context.Context, records []sdklog.Record) error {
	for _, r := range records {
		fmt.Print(r.SeverityText(), " ", r.Body())
		r.WalkAttributes(func(kv attribute.KeyValue) bool {
			fmt.Printf(" %s=%s", kv.Key, kv.Value)
			return true
		})
		fmt.Println()
	}
	return nil
}
func (printer) ForceFlush(context.Context) error { return nil }
func (printer) Shutdown(context.Context) error   { return nil }

// A phase logger that exports the most important phases at once.
func ExampleNewPhaseLogger() {
	p := processor.New(printer{})
	provider := sdklog.NewLoggerProvider(
		sdklog.WithProcessor(bridge.NewLogProcessor()), // before the one that exports
		sdklog.WithProcessor(p),
	)
	defer func() { _ = provider.Shutdown(context.Background()) }()
	phases := bridge.NewPhaseLogger(provider, bridge.WithExportNow(p.ExportNow), bridge.WithSynchronousWriter(nil))

	ctx := bridge.ContextWithCorrelationID(context.Background(), "req-7f3a")
	phases.Log(ctx, "ANALYSIS", "prompt analysed", attribute.Int("tokens", 1234))
	phases.SetVerbose(false)
	phases.Log(ctx, "COMPRESSION", "not logged")
	phases.Log(ctx, bridge.PhaseError, "logged all the same")

	// Output:
	// INFO prompt analysed asynclog.phase=ANALYSIS tokens=1234 correlation.id=req-7f3a
	// ERROR logged all the same asynclog.phase=ERROR correlation.id=req-7f3a
}

// LogAny is for callers that have data of any type, and IDs as strings.
func ExamplePhaseLogger_LogAny() {
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(processor.New(printer{})))
	defer func() { _ = provider.Shutdown(context.Background()) }()
	phases := bridge.NewPhaseLogger(provider, bridge.WithSynchronousWriter(nil))

	type prompt struct {
		File    string        `json:"file"`
		Tokens  []int         `json:"tokens"`
		Elapsed time.Duration `json:"elapsed_ns"`
		secret  string
	}
	data := prompt{"a.txt", []int{31, 7}, time.Millisecond, "not exported"}
	phases.LogAny(context.Background(), "ANALYSIS", "prompt analysed", data, "req-7f3a")
	phases.LogAny(context.Background(), bridge.PhaseError, "no prompt", fmt.Errorf("opening: %w", os.ErrNotExist), "req-7f3b")

	// Output:
	// INFO prompt analysed asynclog.phase=ANALYSIS elapsed_ns=1000000 file=a.txt tokens=[31,7] correlation.id=req-7f3a
	// ERROR no prompt asynclog.phase=ERROR exception.type=*errors.errorString exception.message=opening: file does not exist correlation.id=req-7f3b
}

func ExampleWithSynchronousWriter() {
	var out strings.Builder // os.Stderr by default
	phases := bridge.NewPhaseLogger(sdklog.NewLoggerProvider(), bridge.WithSynchronousWriter(&out))

	ctx := bridge.ContextWithCorrelationID(context.Background(), "req-7f3a")
	phases.Log(ctx, bridge.PhaseCompletion, "all done", attribute.Int("files", 3))

	_, line, _ := strings.Cut(out.String(), " ") // the time
	fmt.Print(line)

	// Output:
	// level=INFO msg="all done" asynclog.phase=COMPLETION files=3 correlation.id=req-7f3a
}

func ExampleValueOf() {
	cyclic := map[string]any{"name": "ring"}
	cyclic["next"] = cyclic
	fmt.Println(bridge.ValueOf(cyclic))
	fmt.Println(bridge.ValueOf([]any{time.Minute, []byte("raw"), os.ErrClosed, nil}))

	// Output:
	// {"name":"ring","next":"(cycle: map[string]interface {})"}
	// [60000000000,"cmF3","file already closed",null]
}
