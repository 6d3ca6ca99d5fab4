package otlp

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// sendHTTP makes one attempt over OTLP/HTTP: protobuf in the body of a POST.
func (c *client) sendHTTP(ctx context.Context, m *message, encoding string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	p := newPayload(m.parts, m.size)
	defer p.release()
	resp, err := c.do(ctx, p, encoding, "Content-Encoding")
	if err != nil {
		return err
	}
	defer resp.Body.Close()

	timer := time.AfterFunc(answerTimeout, cancel)
	body, complete := readAnswer(resp.Body)
	timer.Stop()
	if resp.Request.Method != http.MethodPost {
		// Followed by a client of the user's. What arrived is not what was sent.
		return fmt.Errorf("redirected to a %s of %s", resp.Request.Method, resp.Request.URL.Redacted())
	}
	if resp.StatusCode/100 != 2 {
		return httpError(resp, body)
	}
	if mediaType(resp.Header) != "application/x-protobuf" {
		return nil // there is no partial success in any other form
	}
	return partialSuccessOf(body, complete)
}

// do sends a request with the payload as its body, and returns the answer's header
// and its body still to read.
func (c *client) do(ctx context.Context, p *payload, encoding, encodingHeader string) (*http.Response, error) {
	req := c.request.Clone(ctx)
	req.ContentLength = int64(p.size)
	req.Body, _ = p.open()
	// Without GetBody a request cannot be sent again when an HTTP/2 server goes away
	// before it has looked at it, nor redirected.
	req.GetBody = p.open
	if encoding != "" {
		req.Header.Set(encodingHeader, encoding)
	}
	if deadline, ok := ctx.Deadline(); ok && c.protocol == GRPC {
		req.Header.Set("Grpc-Timeout", grpcTimeout(deadline))
	}
	if c.reconnect.Swap(false) {
		c.http.CloseIdleConnections()
	}
	resp, err := c.http.Do(req)
	if err == nil {
		return resp, nil
	}
	return nil, c.requestError(ctx, err)
}
