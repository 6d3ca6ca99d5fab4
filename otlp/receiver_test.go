package otlp_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/krunchwrapper/asynclog/otlp"
)

// testTimeout is far beyond what anything here takes.
const testTimeout = 20 * time.Second

// receiver is an OTLP receiver for both protocols. It keeps the requests that it has
// accepted.
type receiver struct {
	*httptest.Server
	connections int // guarded by mu

	mu       sync.Mutex
	requests []request
}

// request is what arrived.
type request struct {
	*http.Request
	body []byte // the ExportLogsServiceRequest, decompressed
}

// newReceiver starts a receiver on a free port. handle answers a request whose body
// has been read; a nil one answers with a success. change, which may be nil, sees the
// server before it starts.
func newReceiver(t testing.TB, handle func(w http.ResponseWriter, r *http.Request), change func(*httptest.Server)) *receiver {
	t.Helper()
	rec := &receiver{}
	rec.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := content(r)
		if err != nil {
			t.Logf("the receiver cannot read a request: %v", err)
			return
		}
		rec.mu.Lock()
		rec.requests = append(rec.requests, request{r, body})
		rec.mu.Unlock()
		switch {
		case handle != nil:
			handle(w, r)
		case r.Header.Get("Content-Type") == "application/grpc":
			answerGRPC(w, nil, "0", "")
		default:
			w.Header().Set("Content-Type", "application/x-protobuf")
		}
	}))
	rec.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that break on purpose
	rec.Config.Protocols = new(http.Protocols)
	rec.Config.Protocols.SetHTTP1(true)
	rec.Config.Protocols.SetHTTP2(true)
	rec.Config.Protocols.SetUnencryptedHTTP2(true)
	rec.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			rec.mu.Lock()
			rec.connections++
			rec.mu.Unlock()
		}
	}
	if change != nil {
		change(rec.Server)
	}
	if rec.URL == "" {
		rec.Start()
	}
	t.Cleanup(rec.Close)
	return rec
}

// content reads the message of a request of either protocol.
func content(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	encoding := r.Header.Get("Content-Encoding")
	if r.Header.Get("Content-Type") == "application/grpc" {
		if len(body) < 5 || int(binary.BigEndian.Uint32(body[1:])) != len(body)-5 {
			return nil, errors.New("no gRPC message")
		}
		compressed := body[0] == 1
		body = body[5:]
		if encoding = r.Header.Get("Grpc-Encoding"); compressed != (encoding != "") {
			return nil, errors.New("compressed, or not, against the header")
		}
	}
	switch encoding {
	case "":
		return body, nil
	case "gzip":
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(z)
	case "zstd":
		z, err := zstd.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		return io.ReadAll(z)
	default:
		return nil, errors.New("unknown encoding " + encoding)
	}
}

// answerGRPC answers with a message, nil for none, and a status in the trailers.
func answerGRPC(w http.ResponseWriter, message []byte, status, text string) {
	w.Header().Set("Content-Type", "application/grpc")
	_, _ = w.Write(append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...))
	w.Header().Set(http.TrailerPrefix+"Grpc-Status", status)
	if text != "" {
		w.Header().Set(http.TrailerPrefix+"Grpc-Message", text)
	}
}

// received returns the requests so far.
func (r *receiver) received() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

func (r *receiver) accepted() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.connections
}

// bodies returns the texts of the bodies of the records in a request, in order.
func (r request) bodies(t testing.TB) (texts []string) {
	t.Helper()
	for _, resourceLogs := range messages(t, r.body, 1) {
		for _, scopeLogs := range messages(t, resourceLogs, 2) {
			for _, record := range messages(t, scopeLogs, 2) {
				framed := protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), record)
				rec, _, err := otlp.ReadRecord(framed)
				if err != nil {
					t.Errorf("a record in a request: %v", err)
					continue
				}
				texts = append(texts, rec.Body().AsString())
			}
		}
	}
	return texts
}

// messages returns the contents of the fields with a number.
func messages(t testing.TB, b []byte, number protowire.Number) (list [][]byte) {
	t.Helper()
	for len(b) > 0 {
		n, typ, size := protowire.ConsumeField(b)
		if size < 0 {
			t.Fatalf("a damaged message: %v", protowire.ParseError(size))
		}
		if n == number && typ == protowire.BytesType {
			_, _, tag := protowire.ConsumeTag(b)
			v, _ := protowire.ConsumeBytes(b[tag:])
			list = append(list, v)
		}
		b = b[size:]
	}
	return list
}

// newExporter makes an exporter that is shut down when the test ends.
func newExporter(t testing.TB, opts ...otlp.Option) *otlp.Exporter {
	t.Helper()
	e, err := otlp.New(context.Background(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
		defer cancel()
		if err := e.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return e
}

// once has an exporter not try again.
func once() otlp.Option { return otlp.WithRetry(otlp.RetryConfig{}) }

// again has an exporter try again at once, for as long as it takes.
func again() otlp.Option {
	return otlp.WithRetry(otlp.RetryConfig{Enabled: true, InitialInterval: time.Millisecond, MaxInterval: time.Millisecond})
}

// textRecords returns a record for each text.
func textRecords(t testing.TB, texts ...string) (records []sdklog.Record) {
	for _, text := range texts {
		records = append(records, newRecord(t, func(r *sdklog.Record) {
			r.SetTimestamp(epoch)
			r.SetObservedTimestamp(epoch)
			r.SetBody(attribute.StringValue(text))
		}))
	}
	return records
}

var (
	testResource = otlp.NewResource(resource.NewSchemaless(attribute.String("service.name", "test")))
	testScope    = otlp.NewScope(instrumentation.Scope{Name: "test"})
)

// textBatch returns a batch with a record for each text, in one arena.
func textBatch(t testing.TB, texts ...string) (b *otlp.Batch, arena []byte) {
	for _, r := range textRecords(t, texts...) {
		arena = otlp.AppendRecord(arena, &r)
	}
	b = new(otlp.Batch)
	b.Add(testResource, testScope, arena, len(texts))
	return b, arena
}

// bothProtocols runs a test over HTTP and over gRPC.
func bothProtocols(t *testing.T, f func(t *testing.T, protocol otlp.Option, isGRPC bool)) {
	t.Run("http", func(t *testing.T) { f(t, otlp.WithProtocol(otlp.HTTPProtobuf), false) })
	t.Run("grpc", func(t *testing.T) { f(t, otlp.WithProtocol(otlp.GRPC), true) })
}
