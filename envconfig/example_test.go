package envconfig_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutlog"

	"github.com/krunchwrapper/asynclog/envconfig"
	"github.com/krunchwrapper/asynclog/processor"
)

// The whole of it, as a program has it. Here the look-ups are given, so that the
// example does not depend on who runs it.
func Example() {
	environ := map[string]string{
		"DEBUG":                    "true",
		"ASYNC_LOG_QUEUE_SIZE":     "lots",
		"OTEL_BLRP_MAX_QUEUE_SIZE": "4096",
	}
	config, err := envconfig.Load(
		envconfig.WithExportTimeout(10*time.Second),
		envconfig.WithLookup(func(key string) (string, bool) { v, ok := environ[key]; return v, ok }),
		envconfig.WithArgs(nil),
		envconfig.WithReadFile(func(string) ([]byte, error) {
			return []byte("{\n  \"logging\": {\"async_logging\": {\"batch_size\": 50}},\n}\n"), nil
		}),
		envconfig.WithErrorHandler(func(err error) { fmt.Println("warning:", err) }),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(config)
	// Output:
	// warning: ASYNC_LOG_QUEUE_SIZE="lots": invalid value (invalid syntax), ignored; allowed: a whole number from 1 to 9223372036854775807
	// environment      development          detected: DEBUG=true
	// level            DEBUG                profile development
	// async            true                 profile development
	// verbose          true                 profile development
	// queue size       4096                 variable OTEL_BLRP_MAX_QUEUE_SIZE; ignored ASYNC_LOG_QUEUE_SIZE="lots"
	// batch size       50                   file config/config.jsonc:2:47
	// export interval  1s                   profile development
	// export timeout   10s                  option WithExportTimeout
	// file             config/config.jsonc  detected: the default path
}

// One Load finds all mistakes of a file.
func ExampleLoad_errors() {
	_, err := envconfig.Load(
		envconfig.WithFile("app.jsonc"),
		envconfig.WithReadFile(func(string) ([]byte, error) {
			return []byte(`{
  "logging": {
    "verbose_loging": false,
    "async_logging": {
      "queue_size": -5, // unlimited?
      "worker_timeout": "100ms",
    },
  },
}`), nil
		}),
	)
	fmt.Println(err)
	fmt.Println(errors.Is(err, envconfig.ErrUnknownKey), errors.Is(err, envconfig.ErrInvalid))
	// Output:
	// app.jsonc:3:5: logging.verbose_loging: unknown key; did you mean logging.verbose_logging? allowed: verbose_logging, async_logging
	// app.jsonc:5:21: logging.async_logging.queue_size = -5: invalid value (less than 1); allowed: a whole number from 1 to 9223372036854775807
	// app.jsonc:6:25: logging.async_logging.worker_timeout = "100ms": invalid value (a string); allowed: a number of seconds above 0, such as 0.1
	// true true
}

func ExampleConfig_ProcessorOptions() {
	config, err := envconfig.Load(
		envconfig.WithEnvironment(envconfig.Production),
		envconfig.WithQueueSize(1000),
		envconfig.WithLookup(func(string) (string, bool) { return "", false }),
		envconfig.WithoutFile(),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	exporter, err := stdoutlog.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	// What comes after the options of the configuration adds to them, or wins.
	p := processor.New(exporter, append(config.ProcessorOptions(), processor.WithOverflow(processor.DropLowest))...)
	fmt.Println(p.Stats().Capacity)
	fmt.Println(p.Shutdown(context.Background()), p.Stats().Balanced())
	// Output:
	// 1000
	// <nil> true
}

func ExampleParseLevel() {
	for _, name := range []string{"trace", "WARNING", "info+2", "Critical"} {
		level, err := envconfig.ParseLevel(name)
		fmt.Println(envconfig.LevelName(level), envconfig.Severity(level), err)
	}
	_, err := envconfig.ParseLevel("loud")
	fmt.Println(err)
	fmt.Println(envconfig.LevelName(slog.LevelInfo))
	// Output:
	// TRACE TRACE <nil>
	// WARN WARN <nil>
	// INFO+2 INFO3 <nil>
	// FATAL FATAL <nil>
	// level "loud": invalid value (no such level); allowed: TRACE, DEBUG, INFO, WARN, ERROR or FATAL, or between them, as INFO+2; from TRACE to FATAL+3
	// INFO
}
