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

// callTime is how long a call of the worker may take.
const callTime = 30 * time.Second

// maxAnswer is how much the worker may answer: a text that cannot be compressed, in
// base64, and the analysis.
const maxAnswer = 2*maxText + 1<<20

// workerClient is the front's way to the worker.
type workerClient struct {
	url  string
	http http.Client
}

func newWorkerClient(base *url.URL) *workerClient {
	return &workerClient{
		url: base.JoinPath("texts").String(),
		http: http.Client{
			Timeout: callTime,
			// The trace goes along in traceparent, the correlation ID in X-Correlation-ID.
			Transport: bridge.NewTransport(otelhttp.NewTransport(http.DefaultTransport)),
		},
	}
}

// compress has a text analysed and compressed. What goes wrong is a problem of the
// worker's.
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
		_, _ = io.Copy(io.Discard, body) // for the connection to be used again
		return nil, fmt.Errorf("the worker answers %s", resp.Status)
	}
	var res compressed
	if err := json.NewDecoder(body).Decode(&res); err != nil {
		return nil, fmt.Errorf("the worker's answer: %w", err)
	}
	return &res, nil
}
