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

// A value from each kind of source, and a variable that cannot be used. Its warning goes
// to otel.Handle.
func Example() {
	defer startExample(
		map[string]string{
			"DEBUG":                    "true",
			"ASYNC_LOG_QUEUE_SIZE":     "lots",
			"OTEL_BLRP_MAX_QUEUE_SIZE": "4096",
		},
		"config/config.jsonc", "{\n  \"logging\": {\"async_logging\": {\"batch_size\": 50}},\n}\n",
	)()

	config, err := envconfig.Load(envconfig.WithExportTimeout(10 * time.Second))
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

// Load returns all mistakes of a file at once.
func ExampleLoad_errors() {
	defer startExample(nil, "app.jsonc", `{
  "logging": {
    "verbose_loging": false,
    "async_logging": {
      "queue_size": -5, // unlimited?
      "worker_timeout": "100ms",
    },
  },
}`)()

	_, err := envconfig.Load(envconfig.WithFile("app.jsonc"))
	fmt.Println(err)
	fmt.Println(errors.Is(err, envconfig.ErrUnknownKey), errors.Is(err, envconfig.ErrInvalid))
	// Output:
	// app.jsonc:3:5: logging.verbose_loging: unknown key; did you mean logging.verbose_logging? allowed: verbose_logging, async_logging
	// app.jsonc:5:21: logging.async_logging.queue_size = -5: invalid value (less than 1); allowed: a whole number from 1 to 9223372036854775807
	// app.jsonc:6:25: logging.async_logging.worker_timeout = "100ms": invalid value (a string); allowed: a number of seconds above 0, such as 0.1
	// true true
}

func ExampleConfig_ProcessorOptions() {
	defer startExample(nil, "", "")()

	config, err := envconfig.Load(
		envconfig.WithEnvironment(envconfig.Production),
		envconfig.WithQueueSize(1000),
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
	// Options after those of the configuration add to them or override them.
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
		fmt.Println(envconfig.LevelName(level), err)
	}
	_, err := envconfig.ParseLevel("loud")
	fmt.Println(err)
	fmt.Println(envconfig.LevelName(slog.LevelInfo))
	// Output:
	// TRACE <nil>
	// WARN <nil>
	// INFO+2 <nil>
	// FATAL <nil>
	// level "loud": invalid value (no such level); allowed: TRACE, DEBUG, INFO, WARN, ERROR or FATAL, or between them, as INFO+2; from TRACE to FATAL+3
	// INFO
}
