package main

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/metrics"
)

// job puts the text of each source through the pipeline, repeat times. It reads one
// text after the other, so that memory does not hold more of them than the workers
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

// totals counts the outcomes of a job. A text that is neither processed nor failed was
// not started, or not finished, when the context ended.
type totals struct {
	processed, failed uint64
	text, compressed  uint64 // bytes of the processed texts
	latency           histogram
}

// task is one run of a document through the pipeline.
type task struct {
	doc *document
	run int // from 1
}

// run processes all sources. It returns when they are done, or soon after the context
// has ended.
func (j *job) run(ctx context.Context) *totals {
	tasks := make(chan task)
	var (
		wg  sync.WaitGroup
		mu  sync.Mutex
		sum totals
	)
	add := func(t *totals) {
		mu.Lock()
		defer mu.Unlock()
		sum.processed += t.processed
		sum.failed += t.failed
		sum.text += t.text
		sum.compressed += t.compressed
		sum.latency.merge(&t.latency)
	}
	for range j.workers {
		wg.Go(func() { add(j.work(ctx, tasks)) })
	}
	r := recorder{phases: j.phases}
	r.log(ctx, slog.LevelInfo, "work started", slog.Int("documents", len(j.sources)), slog.Int("repeat", j.repeat))
	add(j.feed(ctx, tasks))
	close(tasks)
	wg.Wait()
	if ctx.Err() != nil {
		r.log(ctx, slog.LevelWarn, "work interrupted", slog.String("cause", context.Cause(ctx).Error()))
	}
	sum.latency.merge(&r.latency)
	return &sum
}

// work is the loop of one worker. It processes tasks until the channel is closed.
func (j *job) work(ctx context.Context, tasks <-chan task) *totals {
	var t totals
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

// correlated returns a context for one run through the pipeline. Every record that is
// logged with it gets the same correlation ID.
func correlated(ctx context.Context) context.Context {
	return bridge.ContextWithCorrelationID(ctx, bridge.NewCorrelationID(ctx))
}

// feed reads the sources and sends their documents to the workers. A source that cannot
// be read counts as repeat failures, one for each time it should have been processed.
func (j *job) feed(ctx context.Context, tasks chan<- task) *totals {
	var t totals
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
