package otlp

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// OTLP/gRPC is spoken over net/http: a unary call is a POST over HTTP/2 whose body and
// answer have a prefix of five bytes, and whose status is in the trailers. That is
// little, and net/http has all of it.
//
// The alternatives, by what they add to a program that has net/http: otlploggrpc with
// grpc-go 140 packages and 7 MB, a resolver, a balancer and buffers of its own;
// connectrpc.com/connect two modules, 39 packages and 3.7 MB, most of it protobuf's.
// Both marshal a message into a buffer of their own, so they would send a copy of the
// records, and both have ideas of their own about compression, errors and proxies.
// This package adds 15 packages and 1.2 MB, most of it the compressor. What has to be
// kept up in exchange is this file: the unary half of a protocol that does not change.

const grpcPath = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"

// grpcPrefix is the size of what stands before a message: a byte that says whether it
// is compressed, and four for its length.
const grpcPrefix = 5

// sendGRPC makes one attempt over OTLP/gRPC. The message has space for the prefix.
func (c *client) sendGRPC(ctx context.Context, m *message, encoding string) error {
	prefix := m.header[:grpcPrefix]
	prefix[0] = 0
	if encoding != "" {
		prefix[0] = 1
	}
	binary.BigEndian.PutUint32(prefix[1:], uint32(m.size-grpcPrefix)) //nolint:gosec // at most maxRequest

	p := newPayload(m.parts, m.size)
	defer p.release()
	resp, err := c.do(ctx, p, encoding, "Grpc-Encoding")
	if err != nil {
		return err
	}
	defer resp.Body.Close()

	if !hasStatus(resp.Header) && !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/grpc") {
		return notGRPC(resp)
	}
	// The header may come long before the status: the time for the whole is that of the
	// attempt.
	failed := &failedReader{r: resp.Body}
	body, complete := readAnswer(failed)
	if err := failed.err; err != nil && !hasStatus(resp.Header) && !hasStatus(resp.Trailer) {
		return c.requestError(ctx, err) // the stream was reset before the status
	}
	header := resp.Trailer
	if !hasStatus(header) {
		header = resp.Header // an answer of trailers only
	}
	code, err := strconv.ParseUint(header.Get("Grpc-Status"), 10, 32)
	switch {
	case err != nil: // no status is no success
		return &GRPCError{Code: grpcUnknown, Message: "the server ended the call without a status"}
	case code != grpcOK:
		return grpcError(uint32(code), header)
	default:
		message, ok := grpcMessage(body, resp.Header.Get("Grpc-Encoding"))
		return partialSuccessOf(message, ok && complete)
	}
}

func hasStatus(h http.Header) bool { return h.Get("Grpc-Status") != "" }

// failedReader remembers the error of a reader, if it is not its end.
type failedReader struct {
	r   io.Reader
	err error
}

func (f *failedReader) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// grpcMessage returns the message of an answer's body, which may be empty.
func grpcMessage(body []byte, encoding string) (message []byte, ok bool) {
	if len(body) == 0 {
		return nil, true
	}
	if len(body) < grpcPrefix || uint64(binary.BigEndian.Uint32(body[1:])) != uint64(len(body)-grpcPrefix) {
		return nil, false
	}
	message = body[grpcPrefix:]
	if body[0] == 0 {
		return message, true
	}
	return decompress(message, encoding)
}

// notGRPC returns the error of an answer that is not gRPC's, but perhaps a proxy's:
// gRPC's documentation, "HTTP to gRPC Status Code Mapping".
func notGRPC(resp *http.Response) error {
	e := &GRPCError{Code: grpcUnknown, Message: "the answer is not gRPC but HTTP status " + resp.Status}
	switch resp.StatusCode {
	case http.StatusBadRequest:
		e.Code = grpcInternal
	case http.StatusUnauthorized:
		e.Code = grpcUnauthenticated
	case http.StatusForbidden:
		e.Code = grpcPermissionDenied
	case http.StatusNotFound:
		e.Code = grpcUnimplemented
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		e.Code = grpcUnavailable
		e.RetryDelay = parseRetryAfter(resp.Header.Get("Retry-After"), time.Now())
		e.RetryInfo = e.RetryDelay > 0
	}
	return e
}

// streamError is what net/http reports of an HTTP/2 stream that the server reset. Its
// own type is internal, but turns itself into any struct with these fields.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (streamError) Error() string { return "stream error" }

// resetError returns the status that the reset of a stream stands for, if err is one:
// gRPC's documentation, "HTTP2 Transport Mapping", on errors.
func resetError(err error) (*GRPCError, bool) {
	var reset streamError
	if !errors.As(err, &reset) {
		return nil, false
	}
	e := &GRPCError{Code: grpcInternal, Message: err.Error()}
	switch reset.Code {
	case 7: // REFUSED_STREAM
		e.Code = grpcUnavailable
	case 8: // CANCEL
		e.Code = grpcCanceled
	case 11: // ENHANCE_YOUR_CALM
		e.Code = grpcResourceExhausted
	case 12: // INADEQUATE_SECURITY
		e.Code = grpcPermissionDenied
	}
	return e, true
}

// grpcTimeout returns the time until the deadline as gRPC writes it: at most eight
// digits and a unit.
func grpcTimeout(deadline time.Time) string {
	left := max(time.Until(deadline), 0)
	if ms := left.Milliseconds(); ms < 100_000_000 {
		return strconv.FormatInt(ms, 10) + "m"
	}
	return strconv.FormatInt(min(int64(left/time.Second), 99_999_999), 10) + "S"
}
