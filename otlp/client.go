package otlp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// client sends requests to one receiver. It may be used concurrently.
type client struct {
	protocol Protocol
	http     *http.Client
	own      bool          // http is not the user's
	request  *http.Request // what every request begins as; only copies are changed
	endpoint string        // the URL for errors
	secrets  []string      // values of headers, which no error may show
	timeout  time.Duration // of an attempt, 0 if it has none

	compressors  *compressors
	uncompressed atomic.Bool // the receiver has refused the compression

	// reconnect makes the next attempt use a new connection: the last one did badly on
	// an old one, and the name of the receiver may stand for another machine by now.
	reconnect atomic.Bool
}

func newClient(c *config) *client {
	u := c.url()
	endpoint := *u
	endpoint.RawQuery = ""
	cl := &client{
		protocol:    c.protocol.value,
		http:        c.httpClient(),
		own:         c.client == nil,
		request:     c.request(),
		endpoint:    endpoint.Redacted(),
		timeout:     c.timeout.value,
		compressors: newCompressors(c.compression.value),
	}
	if c.protocol.value == GRPC {
		cl.endpoint = u.Scheme + "://" + u.Host
	}
	for _, value := range c.headers.value {
		// A shorter one is no secret, and would tear words apart.
		if len(value) >= 6 {
			cl.secrets = append(cl.secrets, value)
		}
	}
	return cl
}

// prefix returns the number of bytes that a message needs before its content.
func (c *client) prefix() int {
	if c.protocol == GRPC {
		return grpcPrefix
	}
	return 0
}

// tooLargeError has the text of OpenTelemetry's exporters for it, by which processors
// recognise that the batch is the cause.
type tooLargeError struct{ size int }

func (e tooLargeError) Error() string {
	return fmt.Sprintf("request body too large: exceeded %d bytes with %d", maxRequest, e.size)
}

// newUpload returns the request of a batch, ready to be sent as often as needed. The
// caller releases it.
func (c *client) newUpload(b *Batch) (*upload, error) {
	if n := b.Size(); n > maxRequest {
		return nil, c.describe(tooLargeError{n})
	}
	u := &upload{client: c, plain: newMessage(b, c.prefix())}
	if c.compressors.encoding != "" && !c.uncompressed.Load() {
		var err error
		if u.compressed, err = c.compressors.compress(u.plain, c.prefix()); err != nil {
			u.release()
			return nil, c.describe(err)
		}
	}
	return u, nil
}

// upload is a request. It is used by one goroutine.
type upload struct {
	client     *client
	plain      *message
	compressed *message // nil if it is not compressed
}

func (u *upload) release() {
	u.plain.release()
	if u.compressed != nil {
		u.compressed.release()
	}
}

// attempt sends the request once.
func (u *upload) attempt(ctx context.Context) error {
	c := u.client
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	if u.compressed == nil || c.uncompressed.Load() {
		return c.describe(c.send(ctx, u.plain, ""))
	}
	encoding := c.compressors.encoding
	err := c.send(ctx, u.compressed, encoding)
	if encoding == "zstd" && refusesEncoding(err) {
		plainErr := c.send(ctx, u.plain, "")
		if !refusesEncoding(plainErr) && !c.uncompressed.Swap(true) {
			report(fmt.Errorf("otlp: %s refuses zstd: no compression from now on: %w", c.endpoint, c.describe(err)))
		}
		err = plainErr
	}
	return c.describe(err)
}

// refusesEncoding reports whether the receiver does not know the compression, or may
// mean that.
func refusesEncoding(err error) bool {
	switch e := err.(type) { //nolint:errorlint // as send returns it
	case *HTTPError:
		return e.Code == http.StatusUnsupportedMediaType
	case *GRPCError:
		return e.Code == grpcUnimplemented
	default:
		return false
	}
}

// send makes one attempt.
func (c *client) send(ctx context.Context, m *message, encoding string) error {
	var err error
	if c.protocol == GRPC {
		err = c.sendGRPC(ctx, m, encoding)
	} else {
		err = c.sendHTTP(ctx, m, encoding)
	}
	if again, _ := temporary(err); again && c.own {
		c.reconnect.Store(true)
	}
	return err
}

// requestError returns the error of a request without an answer.
func (c *client) requestError(ctx context.Context, err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok { // it would repeat the URL
		err = outer.Err
	}
	if cause := context.Cause(ctx); cause != nil {
		if errors.Is(err, cause) {
			return err
		}
		return fmt.Errorf("%w: %w", cause, err)
	}
	if c.protocol == GRPC {
		if e, ok := resetError(err); ok {
			return e
		}
	}
	return &connectionError{err}
}

// temporary reports whether another attempt may succeed, and how long the receiver
// asks to wait.
func temporary(err error) (again bool, wait time.Duration) {
	if e, ok := errors.AsType[*HTTPError](err); ok {
		return e.temporary(), e.RetryAfter
	}
	if e, ok := errors.AsType[*GRPCError](err); ok {
		return e.temporary(), e.RetryDelay
	}
	if _, ok := errors.AsType[*connectionError](err); ok {
		return true, 0
	}
	return errors.Is(err, context.DeadlineExceeded), 0 // of the attempt
}

// describe adds the receiver to an error, and takes the values of headers out of its
// text.
func (c *client) describe(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := err.(PartialSuccess); ok { //nolint:errorlint // as partialSuccess returns it
		e.ErrorMessage = c.redact(e.ErrorMessage)
		return e
	}
	text := "otlp: export to " + c.endpoint + ": " + c.redact(err.Error())
	if e, ok := errors.AsType[*HTTPError](err); ok {
		e.Message = c.redact(e.Message)
	}
	if e, ok := errors.AsType[*GRPCError](err); ok {
		e.Message = c.redact(e.Message)
	}
	return &exportError{text, err}
}

// redact replaces the values of headers, which a receiver may have sent back.
func (c *client) redact(text string) string {
	for _, s := range c.secrets {
		text = strings.ReplaceAll(text, s, "xxxxx")
	}
	return text
}

// exportError is an error with the receiver it is about.
type exportError struct {
	text string
	err  error
}

func (e *exportError) Error() string { return e.text }
func (e *exportError) Unwrap() error { return e.err }

// close lets go of idle connections and of memory.
func (c *client) close() {
	if c.own {
		c.http.CloseIdleConnections()
	}
	c.compressors.close()
}
