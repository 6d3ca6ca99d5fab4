package asynclog_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/processor"
)

// printer is an exporter that prints each record in a line. A real exporter would send
// it.
type printer struct{}

func (printer) Export(_ context.Context, records []sdklog.Record) error {
	for i := range records {
		r := &records[i]
		fmt.Println(strings.TrimSpace(fmt.Sprintf("%-5s %s %s", r.SeverityText(), r.Body().AsString(), attr(r, "correlation.id"))))
	}
	return nil
}
func (printer) ForceFlush(context.Context) error { return nil }
func (printer) Shutdown(context.Context) error   { return nil }

func ExampleStart() {
	ctx := context.Background()
	p, err := asynclog.Start(ctx, asynclog.WithExporter(printer{})) // default: JSON to standard output
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = p.Shutdown(ctx) }()

	slog.Info("ready")
	log.Print("from the log package")

	ctx = bridge.ContextWithCorrelationID(ctx, "order-17")
	slog.WarnContext(ctx, "nearly empty", "left", 3)
	p.PhaseLogger().Log(ctx, "COMPRESSION", "compressed", attribute.Int("bytes", 512))
	// Output:
	// INFO  ready
	// INFO  from the log package
	// WARN  nearly empty order-17
	// INFO  compressed order-17
}

// Options change the defaults.
func ExampleStart_options() {
	ctx := context.Background()
	p, err := asynclog.Start(ctx,
		asynclog.WithExporter(printer{}),
		asynclog.WithServiceName("shop"),
		asynclog.WithConfigOptions(envconfig.WithLevel(slog.LevelWarn), envconfig.WithQueueSize(1_000)),
		asynclog.WithProcessorOptions(processor.WithDropHook(func(d processor.Drop) { fmt.Println("lost", d.Count) })),
	)
	if err != nil {
		log.Fatal(err)
	}
	slog.Info("not wanted")
	slog.Warn("wanted")
	if err := p.Shutdown(ctx); err != nil {
		log.Print(err)
	}
	s := p.Statistics().AsyncLogging
	fmt.Println("exported", s.Exported, "of", s.Emitted, "with a capacity of", s.Capacity)
	// Output:
	// WARN  wanted
	// exported 1 of 1 with a capacity of 1000
}

func ExampleStart_twice() {
	ctx := context.Background()
	p, err := asynclog.Start(ctx, asynclog.WithExporter(printer{}))
	if err != nil {
		log.Fatal(err)
	}
	_, err = asynclog.Start(ctx)
	fmt.Println("started twice:", errors.Is(err, asynclog.ErrStarted))
	_ = p.Shutdown(ctx)

	p, err = asynclog.Start(ctx, asynclog.WithExporter(printer{}))
	fmt.Println("started again:", err == nil)
	_ = p.Shutdown(ctx)
	// Output:
	// started twice: true
	// started again: true
}

func ExampleRun() {
	serve := func(ctx context.Context) error {
		slog.Info("serving")
		// <-ctx.Done() // until SIGINT or SIGTERM
		slog.Info("served")
		return nil
	}
	if err := asynclog.Run(context.Background(), serve, asynclog.WithExporter(printer{})); err != nil {
		log.Fatal(err)
	}
	// Output:
	// INFO  serving
	// INFO  served
}

// Run puts the pipeline on the context of its function.
func ExampleFromContext() {
	err := asynclog.Run(context.Background(), func(ctx context.Context) error {
		timer := asynclog.FromContext(ctx).Monitor().Start(ctx, "parse")
		timer.Stop()
		fmt.Println(asynclog.FromContext(ctx).Statistics().PerformanceMonitoring["parse"].Count)
		return nil
	}, asynclog.WithExporter(printer{}))
	fmt.Println(err)
	// Output:
	// 1
	// <nil>
}

func ExamplePipeline_SetLevel() {
	ctx := context.Background()
	p, err := asynclog.Start(ctx, asynclog.WithExporter(printer{}))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = p.Shutdown(ctx) }()

	slog.Debug("not wanted")
	p.SetLevel(slog.LevelDebug)
	slog.Debug("wanted now")
	// Output:
	// DEBUG wanted now
}

func ExamplePipeline_Handler() {
	ctx := context.Background()
	p, err := asynclog.Start(ctx, asynclog.WithExporter(printer{}))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = p.Shutdown(ctx) }()

	// On a server that only operators reach.
	mux := http.NewServeMux()
	mux.Handle("/debug/asynclog/", p.Handler())

	// curl -X PUT -d level=debug localhost:6060/debug/asynclog/settings
	r := httptest.NewRequestWithContext(ctx, http.MethodPut, "http://localhost:6060/debug/asynclog/settings", strings.NewReader("level=debug"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Print(w.Code, " ", w.Body)
	// Output:
	// 200 {"level":"DEBUG","verbose":true}
}

func ExamplePipeline_Healthy() {
	ctx := context.Background()
	p, err := asynclog.Start(ctx, asynclog.WithExporter(printer{}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Healthy())
	_ = p.Shutdown(ctx)
	fmt.Println(p.Healthy())
	// Output:
	// <nil>
	// asynclog: the pipeline has been shut down
}

// A separate pipeline for an audit log.
func ExampleWithoutInstall() {
	ctx := context.Background()
	audit, err := asynclog.Start(ctx, asynclog.WithoutInstall(), asynclog.WithExporter(printer{}))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = audit.Shutdown(ctx) }()

	logger := slog.New(bridge.NewHandler("shop/audit", bridge.WithLoggerProvider(audit.LoggerProvider())))
	logger.Info("price changed")
	// Output:
	// INFO  price changed
}

// redactor is a processor that changes records before they are queued.
type redactor struct{}

func (redactor) Enabled(context.Context, sdklog.EnabledParameters) bool { return false }
func (redactor) OnEmit(_ context.Context, r *sdklog.Record) error {
	if strings.Contains(r.Body().AsString(), "password") {
		r.SetBody(attribute.StringValue("(removed)"))
	}
	return nil
}
func (redactor) ForceFlush(context.Context) error { return nil }
func (redactor) Shutdown(context.Context) error   { return nil }

func ExampleWithProcessor() {
	ctx := context.Background()
	p, err := asynclog.Start(ctx, asynclog.WithExporter(printer{}), asynclog.WithProcessor(redactor{}))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = p.Shutdown(ctx) }()
	slog.Info("the password is opensesame")
	// Output:
	// INFO  (removed)
}
