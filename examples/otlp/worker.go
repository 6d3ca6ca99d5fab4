package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"sync"

	"go.opentelemetry.io/otel/attribute"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/examples/internal/prompt"
)

const (
	workerName = "worker"

	// textOperation covers all the work of the worker on a text.
	textOperation = "text"
)

// worker analyses and compresses texts.
type worker struct {
	stages

	tools sync.Pool // of *tools
}

// tools serve one request at a time, and keep their memory for the next one.
type tools struct {
	analyser prompt.Analyser
	gzip     prompt.Compressor
}

// runWorker runs the command worker.
func runWorker(ctx context.Context, c console, args []string) error {
	fs := flag.NewFlagSet(workerName, flag.ContinueOnError)
	addresses := addressFlags(fs, "localhost:8081", "localhost:6061")
	if err := parse(fs, c, args); err != nil {
		return err
	}
	return serve(ctx, c, *addresses, role{
		name:    workerName,
		route:   "POST /texts",
		handler: func(p *asynclog.Pipeline) http.Handler { return newWorker(newStages(p)) },
	})
}

func newWorker(s stages) *worker {
	return &worker{stages: s, tools: sync.Pool{New: func() any { return new(tools) }}}
}

// ServeHTTP responds with the analysis of the text and its compressed form.
func (w *worker) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	timer := w.monitor.Start(r.Context(), textOperation)
	ctx := timer.Context()
	res, err := w.process(ctx, http.MaxBytesReader(rw, r.Body, maxText))
	took := timer.StopErr(err)
	if err != nil {
		w.fail(ctx, textOperation, took, err)
		http.Error(rw, err.Error(), statusOf(err))
		return
	}
	writeJSON(rw, http.StatusOK, res)
}

// process analyses and compresses the text in a request's body.
func (w *worker) process(ctx context.Context, body io.Reader) (*compressed, error) {
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, bodyError(err)
	}
	if err := prompt.Check(text); err != nil {
		return nil, &problem{kind: "text_invalid", status: http.StatusUnprocessableEntity, err: err}
	}
	t, ok := w.tools.Get().(*tools)
	if !ok {
		t = new(tools)
	}
	defer w.tools.Put(t)

	var res compressed
	err = w.run(ctx, phaseAnalysis, "text.analyse", func(ctx context.Context) (string, []attribute.KeyValue, error) {
		a := t.analyser.Analyse(text)
		res.Analysis = a
		slog.DebugContext(ctx, "most frequent words", "frequent", t.analyser.Frequent(5))
		return "text analysed", []attribute.KeyValue{
			attribute.Int("characters", a.Characters),
			attribute.Int("words", a.Words),
			attribute.Int("sentences", a.Sentences),
			attribute.Int("tokens", a.Tokens()),
		}, nil
	})
	if err != nil {
		return nil, err
	}
	err = w.run(ctx, phaseCompression, "text.compress", func(ctx context.Context) (string, []attribute.KeyValue, error) {
		var b bytes.Buffer
		if err := t.gzip.Compress(&b, text); err != nil {
			return "", nil, err
		}
		res.Gzip = b.Bytes()
		if len(res.Gzip) >= len(text) {
			slog.WarnContext(ctx, "compression did not make the text smaller", "bytes", len(text))
		}
		return "text compressed", []attribute.KeyValue{
			attribute.Int("bytes", len(text)), attribute.Int("compressed.bytes", len(res.Gzip)),
		}, nil
	})
	return &res, err
}
