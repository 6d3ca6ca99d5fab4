// Package otelconf tests that a program which is configured by OpenTelemetry's declarative
// configuration gets the processor, too:
//
//	p := processor.New(exporter)
//	sdk, err := otelconf.NewSDK(
//		otelconf.WithOpenTelemetryConfiguration(*configuration),
//		otelconf.WithLoggerProviderOptions(
//			sdklog.WithProcessor(bridge.NewLogProcessor()),
//			sdklog.WithProcessor(p),
//		),
//	)
//	restore := bridge.Install(sdk.LoggerProvider())
//
// The file must have a logger_provider, with "processors: []" if all come from the code:
// without one otelconf makes no provider. What it says about the resource and about limits
// is true of the records.
//
// It is a module of its own because otelconf brings all exporters there are.
package otelconf
