package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/url"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/krunchwrapper/asynclog"
	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/examples/internal/prompt"
)

const (
	frontName = "front"

	// promptOperation covers all the work of the front on a prompt.
	promptOperation = "prompt"
)

// front handles prompts.
type front struct {
	stages

	worker *workerClient
}

// runFront runs the command front.
func runFront(ctx context.Context, c console, args []string) error {
	fs := flag.NewFlagSet(frontName, flag.ContinueOnError)
	addresses := addressFlags(fs, "localhost:8080", "localhost:6060")
	worker := fs.String("worker", "http://localhost:8081", "the worker's `URL`")
	if err := parse(fs, c, args); err != nil {
		return err
	}
	base, err := url.Parse(*worker)
	if err != nil || base.Host == "" {
		return usageError(fs, c, "-worker %q is not a URL such as http://localhost:8081", *worker)
	}
	return serve(ctx, c, *addresses, role{
		name:  frontName,
		route: "POST /prompts",
		handler: func(p *asynclog.Pipeline) http.Handler {
			return &front{stages: newStages(p), worker: newWorkerClient(base)}
		},
	})
}

// ServeHTTP processes the text in the request's body and responds with the results.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	timer := f.monitor.Start(r.Context(), promptOperation)
	ctx := timer.Context()
	res := answer{
		CorrelationID: bridge.CorrelationIDFromContext(ctx),
		TraceID:       traceID(ctx),
	}
	err := f.process(ctx, http.MaxBytesReader(w, r.Body, maxText), &res)
	took := timer.StopErr(err)
	res.Seconds = took.Seconds()
	status := http.StatusOK
	if err != nil {
		f.fail(ctx, promptOperation, took, err)
		status = statusOf(err)
		res.Error = publicText(err)
	}
	writeJSON(w, status, res)
}

// process puts a text through all phases. The worker does two of them.
func (f *front) process(ctx context.Context, body io.Reader, res *answer) error {
	var text []byte
	err := f.run(ctx, phaseInterception, "prompt.intercept", func(context.Context) (string, []attribute.KeyValue, error) {
		var err error
		if text, err = io.ReadAll(body); err != nil {
			return "", nil, bodyError(err)
		}
		res.Bytes = len(text)
		if err := prompt.Check(text); err != nil {
			return "", nil, &problem{kind: "text_invalid", status: http.StatusUnprocessableEntity, err: err}
		}
		return "prompt accepted", []attribute.KeyValue{attribute.Int("bytes", len(text))}, nil
	})
	if err != nil {
		return err
	}

	timer := f.monitor.Start(ctx, "prompt.forward")
	c, err := f.worker.compress(timer.Context(), text)
	timer.StopErr(err)
	if err != nil {
		return err
	}
	res.Analysis, res.Tokens, res.CompressedBytes = &c.Analysis, c.Analysis.Tokens(), len(c.Gzip)

	return f.run(ctx, bridge.PhaseCompletion, "prompt.complete", func(context.Context) (string, []attribute.KeyValue, error) {
		if err := verify(c.Gzip, text); err != nil {
			return "", nil, &problem{kind: "round_trip", status: http.StatusBadGateway, err: err}
		}
		return "prompt complete, round trip verified", []attribute.KeyValue{
			attribute.Int("bytes", len(text)), attribute.Int("compressed.bytes", len(c.Gzip)),
		}, nil
	})
}

var verifiers = sync.Pool{New: func() any { return new(prompt.Compressor) }}

// verify checks that the compressed bytes decompress to the text.
func verify(compressed, text []byte) error {
	c, ok := verifiers.Get().(*prompt.Compressor)
	if !ok {
		c = new(prompt.Compressor)
	}
	defer verifiers.Put(c)
	return c.Verify(compressed, text)
}

// publicText returns the text of an error for the client. It hides the worker's address and
// its error messages.
func publicText(err error) string {
	if p, ok := errors.AsType[*problem](err); ok && p.status < http.StatusInternalServerError {
		return p.Error()
	}
	return "the prompt could not be processed"
}

// traceID returns the trace ID of the context, or "" if there is none.
func traceID(ctx context.Context) string {
	if id := trace.SpanContextFromContext(ctx).TraceID(); id.IsValid() {
		return id.String()
	}
	return ""
}
