package main

import (
	"bytes"
	"context"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/examples/internal/prompt"
	"github.com/krunchwrapper/asynclog/metrics"
)

// pipeline processes one document after the other and logs what it does. Each goroutine
// has a pipeline of its own, which reuses its buffers.
type pipeline struct {
	recorder recorder
	monitor  *metrics.Monitor // times the phases; nil: the phases are not timed
	analyser prompt.Analyser
	gzip     prompt.Compressor

	// The state of the current document.
	task       task
	started    time.Time
	analysis   prompt.Analysis
	compressed bytes.Buffer
}

// phases lists the phases in their order.
var phases = []struct {
	name string
	run  func(*pipeline, context.Context, string) error
}{
	{"INTERCEPTION", (*pipeline).intercept},
	{"ANALYSIS", (*pipeline).analyse},
	{"COMPRESSION", (*pipeline).compress},
	{bridge.PhaseCompletion, (*pipeline).complete},
}

// process puts a document through all phases. If a phase fails, process returns its
// name. If the context ends, process stops before the next phase.
func (p *pipeline) process(ctx context.Context, t task) (phase string, err error) {
	p.task, p.started = t, time.Now()
	for _, phase := range phases {
		if err := ctx.Err(); err != nil {
			return phase.name, err
		}
		timer := p.monitor.Start(ctx, phase.name)
		err := phase.run(p, ctx, phase.name)
		timer.StopErr(err)
		if err != nil {
			return phase.name, err
		}
	}
	return "", nil
}

// logPhase logs the outcome of a phase.
func (p *pipeline) logPhase(ctx context.Context, phase, message string, data ...attribute.KeyValue) {
	p.recorder.phase(ctx, phase, message, append(data,
		attribute.String("document", p.task.doc.name),
		attribute.Int("run", p.task.run),
	)...)
}

// log logs a record that is not a phase.
func (p *pipeline) log(ctx context.Context, level slog.Level, message string, attrs ...slog.Attr) {
	p.recorder.log(ctx, level, message, append(attrs,
		slog.String("document", p.task.doc.name),
		slog.Int("run", p.task.run),
	)...)
}

func (p *pipeline) intercept(ctx context.Context, phase string) error {
	p.logPhase(ctx, phase, "document accepted", attribute.Int("bytes", len(p.task.doc.text)))
	return nil
}

func (p *pipeline) analyse(ctx context.Context, phase string) error {
	p.analysis = p.analyser.Analyse(p.task.doc.text)
	a := &p.analysis
	p.logPhase(ctx, phase, "document analysed",
		attribute.Int("characters", a.Characters),
		attribute.Int("lines", a.Lines),
		attribute.Int("words", a.Words),
		attribute.Int("sentences", a.Sentences),
		attribute.Int("tokens", a.Tokens()),
	)
	p.log(ctx, slog.LevelDebug, "most frequent words", slog.Any("frequent", p.analyser.Frequent(5)))
	return nil
}

func (p *pipeline) compress(ctx context.Context, phase string) error {
	text := p.task.doc.text
	p.compressed.Reset()
	if err := p.gzip.Compress(&p.compressed, text); err != nil {
		return err
	}
	n := p.compressed.Len()
	data := []attribute.KeyValue{attribute.Int("bytes", len(text)), attribute.Int("compressed.bytes", n)}
	if len(text) > 0 { // JSON cannot express the infinite ratio of an empty text
		data = append(data, attribute.Float64("ratio", float64(n)/float64(len(text))))
	}
	p.logPhase(ctx, phase, "document compressed", data...)
	if n >= len(text) {
		p.log(ctx, slog.LevelWarn, "compression did not make the text smaller")
	}
	return nil
}

func (p *pipeline) complete(ctx context.Context, phase string) error {
	if err := p.gzip.Verify(p.compressed.Bytes(), p.task.doc.text); err != nil {
		return err
	}
	p.logPhase(ctx, phase, "document complete, round trip verified",
		attribute.Float64("duration.seconds", time.Since(p.started).Seconds()))
	return nil
}
