package main

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/metrics"
)

// The phases of a prompt, besides bridge.PhaseCompletion and bridge.PhaseError.
const (
	phaseInterception = "INTERCEPTION"
	phaseAnalysis     = "ANALYSIS"
	phaseCompression  = "COMPRESSION"
)

// durationKey has an operation's duration on the record of its phase, so that
// percentiles can be had for one correlation ID, which no metric carries.
const durationKey = attribute.Key("duration.seconds")

// stages does the work of a request piece by piece: each is an operation, with a
// duration in the histogram and a span, and a phase, with a record in the log.
type stages struct {
	monitor *metrics.Monitor
	phases  *bridge.PhaseLogger
}

func stagesOf(p *asynclog.Pipeline) stages {
	return stages{monitor: p.Monitor(), phases: p.PhaseLogger()}
}

// run does one piece. What it returns is what its phase says; if it fails it says
// nothing, for the error is logged once, by fail.
func (s stages) run(
	ctx context.Context, phase, operation string,
	work func(context.Context) (message string, data []attribute.KeyValue, err error),
) error {
	timer := s.monitor.Start(ctx, operation)
	message, data, err := work(timer.Context())
	took := timer.StopErr(err)
	if err == nil {
		s.phases.Log(timer.Context(), phase, message, append(data, timing(operation, took)...)...)
	}
	return err
}

// fail logs that an operation as a whole has failed.
func (s stages) fail(ctx context.Context, operation string, took time.Duration, err error) {
	s.phases.Log(ctx, bridge.PhaseError, err.Error(),
		append(timing(operation, took), semconv.ErrorType(err))...)
}

func timing(operation string, took time.Duration) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("operation.name", operation),
		durationKey.Float64(took.Seconds()),
	}
}
