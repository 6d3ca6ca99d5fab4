package bridge_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	otellog "go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/processor"
)

// lines is an exporter that prints each record on a line of its own.
type lines struct{}

func (lines) Export(_ context.Context, records []sdklog.Record) error {
	for i := range records {
		r := &records[i]
		fmt.Printf("%-5s %-8s %s\n", r.SeverityText(), r.InstrumentationScope().Name, r.Body().AsString())
	}
	return nil
}
func (lines) ForceFlush(context.Context) error { return nil }
func (lines) Shutdown(context.Context) error   { return nil }

func ExampleNewHandler() {
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(processor.New(lines{})))
	defer func() { _ = provider.Shutdown(context.Background()) }()

	var level slog.LevelVar
	logger := slog.New(bridge.NewHandler("shop/cart",
		bridge.WithLoggerProvider(provider),
		bridge.WithLevel(&level),
	))
	logger.Debug("not wanted")
	level.Set(slog.LevelDebug)
	logger.Debug("wanted now")
	logger.Warn("nearly empty", "left", 3)
	// Output:
	// DEBUG shop/cart wanted now
	// WARN  shop/cart nearly empty
}

func ExampleInstall() {
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(processor.New(lines{})))
	restore := bridge.Install(provider)

	slog.Info("from slog")
	log.Print("from the log package")
	var r otellog.Record
	r.SetSeverityText("INFO")
	r.SetBody(attribute.StringValue("from an OpenTelemetry logger"))
	otel.Logger("library").Emit(context.Background(), r)

	restore() // first, so that nothing is logged to a provider that is shut down
	if err := provider.Shutdown(context.Background()); err != nil {
		log.Print(err)
	}
	// Output:
	// INFO  log/slog from slog
	// INFO  log      from the log package
	// INFO  library  from an OpenTelemetry logger
}
