package processor

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"slices"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/env"
	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// The defaults are those of OpenTelemetry's specification for the batch log record
// processor.
const (
	defaultMaxQueueSize   = 2048
	defaultMaxBatchSize   = 512
	defaultExportInterval = time.Second
	defaultExportTimeout  = 30 * time.Second
)

// defaultMaxBatchBytes is below gRPC's default limit for a received message, 4 MiB, which
// a Collector has, too. An eighth is left for what exporters add, which is not estimated.
const defaultMaxBatchBytes = 3584 << 10

var (
	errNilExporter       = errors.New("nil exporter")
	errDuplicateExporter = errors.New("exporter given twice")
)

type config struct {
	maxQueueSize   int
	maxQueueBytes  int // less than one: no bound
	maxBatchSize   int
	maxBatchBytes  int
	exportInterval time.Duration
	exportTimeout  time.Duration

	overflow      Overflow
	fallback      io.Writer
	critical      log.Severity
	minSeverity   Severitier
	exporters     []sdklog.Exporter
	synchronous   bool
	meterProvider metric.MeterProvider
	dropHook      func(Drop)
	retry         RetryConfig
	pressure      *PressureConfig // nil: none
	gapRecords    bool
}

func newConfig(exporter sdklog.Exporter, opts []Option) config {
	c := config{fallback: os.Stderr, critical: log.SeverityError}
	for _, o := range opts {
		if o != nil {
			c = o.apply(c)
		}
	}

	c.maxQueueSize = resolve(c.maxQueueSize, env.Int, env.BLRPMaxQueueSize, defaultMaxQueueSize)
	c.maxQueueSize = min(c.maxQueueSize, math.MaxInt/2) // so that sums stay in range
	c.maxBatchSize = resolve(c.maxBatchSize, env.Int, env.BLRPMaxExportBatchSize, defaultMaxBatchSize)
	c.maxBatchSize = min(c.maxBatchSize, c.maxQueueSize, queue.MaxBatchSize)
	c.exportInterval = resolve(c.exportInterval, env.Millis, env.BLRPScheduleDelay, defaultExportInterval)
	c.exportTimeout = resolve(c.exportTimeout, env.Millis, env.BLRPExportTimeout, defaultExportTimeout)

	c.retry = c.retry.withDefaults()
	if c.maxBatchBytes < 1 {
		c.maxBatchBytes = defaultMaxBatchBytes
	}

	c.exporters = usable(exporter, c.exporters)
	if c.meterProvider == nil {
		c.meterProvider = otel.GetMeterProvider()
	}
	return c
}

// resolve returns the option's value if it is at least one, else that of the environment
// variable, else the default.
func resolve[T int | time.Duration](
	option T,
	read func(lookup func(string) (string, bool), handle func(error), key string) (T, bool),
	key string,
	otherwise T,
) T {
	if option >= 1 {
		return option
	}
	if v, ok := read(os.LookupEnv, otel.Handle, key); ok {
		return v
	}
	return otherwise
}

// usable returns the exporters without nil and duplicates. If there are none, records are
// discarded, as in the SDK.
func usable(first sdklog.Exporter, more []sdklog.Exporter) []sdklog.Exporter {
	var exporters []sdklog.Exporter
	if first != nil {
		exporters = append(exporters, first)
	}
	for i, e := range more {
		var err error
		switch {
		case e == nil:
			err = errNilExporter
		case contains(exporters, e):
			err = errDuplicateExporter
		default:
			exporters = append(exporters, e)
			continue
		}
		otel.Handle(fmt.Errorf("asynclog: WithExporters: exporter %d (%T) is not used: %w", i+1, e, err))
	}
	if len(exporters) == 0 {
		exporters = append(exporters, discard{})
	}
	return exporters
}

func contains(exporters []sdklog.Exporter, e sdklog.Exporter) bool {
	return reflect.ValueOf(e).Comparable() && slices.Contains(exporters, e) // == may panic otherwise
}
