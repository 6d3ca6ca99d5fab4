// Package otelconf tests the processor in a program with OpenTelemetry's declarative
// configuration:
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
// The file must have a logger_provider, with "processors: []" if all processors come from
// the code: without one otelconf makes no provider. The resource and the limits in the
// file apply to the records.
//
// The package is a module of its own because otelconf depends on all exporters.
package otelconf
