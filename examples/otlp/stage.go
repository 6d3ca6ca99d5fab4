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

// durationKey is the attribute with the duration of an operation on the record of its
// phase. With it, percentiles can be computed for one correlation ID, which no metric has.
const durationKey = attribute.Key("duration.seconds")

// stages runs the stages of a request. Each stage is an operation, with a duration in the
// histogram and a span, and a phase, with a log record.
type stages struct {
	monitor *metrics.Monitor
	phases  *bridge.PhaseLogger
}

func newStages(p *asynclog.Pipeline) stages {
	return stages{monitor: p.Monitor(), phases: p.PhaseLogger()}
}

// run runs one stage. It logs the phase with the message and the data that work returns. If
// work fails, run logs nothing: fail logs the error once for the whole request.
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

// fail logs the phase ERROR for a failed operation.
func (s stages) fail(ctx context.Context, operation string, took time.Duration, err error) {
	s.phases.Log(ctx, bridge.PhaseError, err.Error(),
		append(timing(operation, took), semconv.ErrorType(err))...)
}

// timing returns the attributes with the name and the duration of an operation.
func timing(operation string, took time.Duration) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("operation.name", operation),
		durationKey.Float64(took.Seconds()),
	}
}
