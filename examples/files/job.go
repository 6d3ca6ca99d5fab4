package main

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/metrics"
)

// job puts each source's text through the pipeline, repeat times. One text is
// read after the other, so that those in memory are not more than the workers
// need.
type job struct {
	sources []source
	repeat  int
	workers int
	phases  *bridge.PhaseLogger
	monitor *metrics.Monitor
	console *console

	processed atomic.Uint64 // may be read while the job runs
}

// tally is what became of a job. Texts that are neither processed nor failed were
// not begun, or not ended, when the context ended.
type tally struct {
	processed, failed uint64
	text, compressed  uint64 // bytes, of those processed
	latency           histogram
}

// task is one passage of a document through the pipeline.
type task struct {
	doc *document
	run int // from 1
}

// run returns when all is done, or soon after the context has ended.
func (j *job) run(ctx context.Context) *tally {
	tasks := make(chan task)
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		total tally
	)
	add := func(t *tally) {
		mu.Lock()
		defer mu.Unlock()
		total.processed += t.processed
		total.failed += t.failed
		total.text += t.text
		total.compressed += t.compressed
		total.latency.merge(&t.latency)
	}
	for range j.workers {
		wg.Go(func() { add(j.work(ctx, tasks)) })
	}
	r := recorder{phases: j.phases}
	r.log(ctx, slog.LevelInfo, "work begun", slog.Int("documents", len(j.sources)), slog.Int("repeat", j.repeat))
	add(j.feed(ctx, tasks))
	close(tasks)
	wg.Wait()
	if ctx.Err() != nil {
		r.log(ctx, slog.LevelWarn, "work interrupted", slog.String("cause", context.Cause(ctx).Error()))
	}
	total.latency.merge(&r.latency)
	return &total
}

// work processes documents until there are no more.
func (j *job) work(ctx context.Context, tasks <-chan task) *tally {
	var t tally
	p := pipeline{recorder: recorder{phases: j.phases}, monitor: j.monitor}
	for task := range tasks {
		ctx := correlated(ctx)
		phase, err := p.process(ctx, task)
		switch {
		case err == nil:
			j.processed.Add(1)
			t.processed++
			t.text += uint64(len(task.doc.text))
			t.compressed += uint64(p.compressed.Len())
		case ctx.Err() == nil:
			t.failed++
			p.recorder.fail(ctx, task.doc.name, phase, err)
			j.console.printf("%s failed in phase %s: %v", task.doc.name, phase, err)
		}
	}
	t.latency = p.recorder.latency
	return &t
}

// correlated returns a context for one passage through the pipeline: all that is
// logged with it gets the same correlation ID.
func correlated(ctx context.Context) context.Context {
	return bridge.ContextWithCorrelationID(ctx, bridge.NewCorrelationID(ctx))
}

// feed reads the sources and hands their documents to the workers. A source that
// cannot be read fails as often as it should have been processed.
func (j *job) feed(ctx context.Context, tasks chan<- task) *tally {
	var t tally
	r := recorder{phases: j.phases}
	for i := range j.sources {
		doc, err := j.sources[i].load(ctx)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			t.failed += uint64(j.repeat)
			r.fail(correlated(ctx), j.sources[i].name, phases[0].name, err)
			j.console.printf("cannot read %s: %v", j.sources[i].name, err)
			continue
		}
		j.send(ctx, tasks, doc)
	}
	t.latency = r.latency
	return &t
}

func (j *job) send(ctx context.Context, tasks chan<- task, doc *document) {
	for run := range j.repeat {
		select {
		case tasks <- task{doc, run + 1}:
		case <-ctx.Done():
			return
		}
	}
}
