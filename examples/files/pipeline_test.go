package main

import (
	"context"
	"errors"
	"testing"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/examples/internal/prompt"
)

// newPipeline returns a pipeline whose records are discarded.
func newPipeline(t *testing.T) *pipeline {
	t.Helper()
	provider := sdklog.NewLoggerProvider()
	t.Cleanup(bridge.Install(provider))
	phases := bridge.NewPhaseLogger(provider, bridge.WithSynchronousPhases())
	return &pipeline{recorder: recorder{phases: phases}}
}

func TestCompletionFindsDifference(t *testing.T) {
	p := newPipeline(t)
	if phase, err := p.process(t.Context(), task{&document{"a", []byte(text)}, 1}); err != nil {
		t.Fatal(phase, err)
	}
	p.task.doc = &document{"b", []byte("another text")}
	if err := p.complete(t.Context(), "COMPLETION"); !errors.Is(err, prompt.ErrRoundTrip) {
		t.Errorf("error %v, want %v", err, prompt.ErrRoundTrip)
	}
}

func TestPipelineStopsBetweenPhases(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := newPipeline(t)
	phase, err := p.process(ctx, task{&document{"a", []byte(text)}, 1})
	if phase != "INTERCEPTION" || !errors.Is(err, context.Canceled) {
		t.Errorf("stopped in %s with %v", phase, err)
	}
	if p.recorder.latency.count != 0 {
		t.Errorf("%d records", p.recorder.latency.count)
	}
}
