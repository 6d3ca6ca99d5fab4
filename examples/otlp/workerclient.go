package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/krunchwrapper/asynclog/bridge"
)

// callTimeout limits an HTTP request.
const callTimeout = 30 * time.Second

// maxAnswer is the size of the largest response of the worker, in bytes: an incompressible
// text in base64, and the analysis.
const maxAnswer = 2*maxText + 1<<20

// workerClient is the front's client of the worker.
type workerClient struct {
	url  string
	http http.Client
}

func newWorkerClient(base *url.URL) *workerClient {
	return &workerClient{
		url: base.JoinPath("texts").String(),
		http: http.Client{
			Timeout: callTimeout,
			// The header traceparent carries the trace, X-Correlation-ID the correlation ID.
			Transport: bridge.NewTransport(otelhttp.NewTransport(http.DefaultTransport)),
		},
	}
}

// compress sends a text to the worker, which analyses and compresses it. Every error is a
// problem of kind worker_unavailable.
func (c *workerClient) compress(ctx context.Context, text []byte) (*compressed, error) {
	res, err := c.post(ctx, text)
	if err != nil {
		return nil, &problem{kind: "worker_unavailable", status: http.StatusBadGateway, err: err}
	}
	return res, nil
}

func (c *workerClient) post(ctx context.Context, text []byte) (*compressed, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body := io.LimitReader(resp.Body, maxAnswer)
	if resp.StatusCode != http.StatusOK {
		_, _ = io.Copy(io.Discard, body) // the connection can be reused then
		return nil, fmt.Errorf("the worker responded with %s", resp.Status)
	}
	var res compressed
	if err := json.NewDecoder(body).Decode(&res); err != nil {
		return nil, fmt.Errorf("the worker's answer: %w", err)
	}
	return &res, nil
}
