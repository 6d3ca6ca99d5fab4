package otlp

import (
	"encoding/base64"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// maxRequest is the size of a request before compression beyond which it is not
	// sent, as in OpenTelemetry's exporters.
	maxRequest = 64 << 20
	// maxAnswer is the size up to which an answer is read, as there.
	maxAnswer = 4 << 20
	// maxMessage is the size to which the text of an answer is cut.
	maxMessage = 1 << 10
	// answerTimeout bounds the time for the body of an HTTP answer whose header is there.
	// It is small, and only a server that stalls, or streams for ever, needs longer.
	answerTimeout = 5 * time.Second
)

// readAnswer reads the body of an answer, so that the connection can be used again, up
// to a size. complete is false if the body was not read to its end.
func readAnswer(body io.Reader) (b []byte, complete bool) {
	b, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	return b[:min(len(b), maxAnswer)], err == nil && len(b) <= maxAnswer
}

// partialSuccessOf returns the error of a successful answer, an
// ExportLogsServiceResponse: a PartialSuccess, or nil.
//
// The records have been accepted, whatever the message is like: one that cannot be
// read is a warning, never a reason to send the records again.
func partialSuccessOf(message []byte, complete bool) error {
	var rejected int64
	var text string
	partial := false
	damaged := !complete
	for f := range fields(message) {
		damaged = damaged || f.err != nil
		if f.tag != 1<<3|2 { // partial_success
			continue
		}
		partial = true
		for f := range fields(f.bytes) {
			damaged = damaged || f.err != nil
			switch f.tag {
			case 1 << 3: // rejected_log_records
				rejected = int64(f.number) //nolint:gosec // cut as protobuf does
			case 2<<3 | 2: // error_message
				text = cutText(string(f.bytes))
			}
		}
	}
	switch {
	case damaged:
		return partialSuccess(0, "the records were accepted, but the rest of the answer cannot be read")
	case partial && (rejected != 0 || text != ""):
		return partialSuccess(rejected, text)
	default:
		return nil
	}
}

// status is a google.rpc.Status, which both protocols send with an error.
type status struct {
	message    string
	retryInfo  bool
	retryDelay time.Duration
}

// parseStatus reads what can be read of a google.rpc.Status. Its details are
// messages of any type, among them perhaps a RetryInfo.
func parseStatus(b []byte) (s status) {
	for f := range fields(b) {
		switch f.tag {
		case 2<<3 | 2: // message
			s.message = cutText(string(f.bytes))
		case 3<<3 | 2: // details
			if delay, ok := parseRetryInfo(f.bytes); ok {
				s.retryInfo, s.retryDelay = true, delay
			}
		}
	}
	return s
}

// parseRetryInfo reads a google.protobuf.Any, if it is a RetryInfo.
func parseRetryInfo(b []byte) (delay time.Duration, ok bool) {
	var content []byte
	for f := range fields(b) {
		switch f.tag {
		case 1<<3 | 2: // type_url
			_, name, _ := strings.Cut(string(f.bytes), "/")
			ok = name == "google.rpc.RetryInfo"
		case 2<<3 | 2: // value
			content = f.bytes
		}
	}
	if !ok {
		return 0, false
	}
	for f := range fields(content) {
		if f.tag != 1<<3|2 { // retry_delay, a Duration
			continue
		}
		for f := range fields(f.bytes) {
			n := int64(f.number) //nolint:gosec // cut as protobuf does
			switch f.tag {
			case 1 << 3: // seconds
				delay += seconds(n)
			case 2 << 3: // nanos
				delay += time.Duration(max(0, min(n, 999_999_999)))
			}
		}
	}
	return delay, true
}

// maxDelay bounds what a receiver may ask to wait.
const maxDelay = 24 * time.Hour

func seconds(n int64) time.Duration {
	return time.Duration(max(0, min(n, int64(maxDelay/time.Second)))) * time.Second
}

// parseRetryAfter reads a Retry-After header: seconds, or the date when the wait is
// over.
func parseRetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		return seconds(n)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, min(at.Sub(now), maxDelay))
	}
	return 0
}

// httpError returns the error of an answer over HTTP that is not a success.
func httpError(resp *http.Response, body []byte) *HTTPError {
	e := &HTTPError{Code: resp.StatusCode, RetryAfter: parseRetryAfter(resp.Header.Get("Retry-After"), time.Now())}
	switch mediaType(resp.Header) {
	case "application/x-protobuf":
		s := parseStatus(body)
		e.Message, e.RetryAfter = s.message, max(e.RetryAfter, s.retryDelay)
	case "text/html": // says nothing that the status does not say
	default:
		e.Message = cutText(string(body[:min(len(body), 2*maxMessage)]))
	}
	if to := resp.Header.Get("Location"); to != "" && resp.StatusCode/100 == 3 {
		e.Message = "redirected to " + cutText(to) + ", which is not followed"
	}
	return e
}

// grpcError returns the error of a gRPC status.
func grpcError(code uint32, header http.Header) *GRPCError {
	e := &GRPCError{Code: code, Message: cutText(decodePercent(header.Get("Grpc-Message")))}
	// The base64 of a binary header may be padded or not.
	details := strings.TrimRight(header.Get("Grpc-Status-Details-Bin"), "=")
	if b, err := base64.RawStdEncoding.DecodeString(details); err == nil {
		s := parseStatus(b)
		e.RetryInfo, e.RetryDelay = s.retryInfo, s.retryDelay
	}
	return e
}

// decodePercent decodes the text of a status. What is not encoded as it should be
// stays as it is.
func decodePercent(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(c))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// cutText returns the text without blanks around it, as UTF-8, and not too long.
func cutText(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > maxMessage {
		s = s[:maxMessage] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func mediaType(header http.Header) string {
	name, _, _ := mime.ParseMediaType(header.Get("Content-Type")) // "" if it is none
	return name
}
