package otlp_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/otlp"
)

// knownRequests are the requests that may arrive. What a server has read of a request
// must be the beginning of one of them: the caller overwrites the memory of a batch as
// soon as its export has returned, so anything else is what was read too late.
type knownRequests [][]byte

func (k knownRequests) check(t *testing.T, received []byte) {
	for _, known := range k {
		if bytes.HasPrefix(known, received) {
			return
		}
	}
	t.Errorf("%d bytes arrived that nobody sent", len(received))
}

// exportAndOverwrite has workers export batches of 16 records, and overwrite each as
// soon as the export is over. Some contexts end in the middle.
func exportAndOverwrite(t *testing.T, e *otlp.Exporter, known *knownRequests, recordSize int) func() {
	const workers, rounds = 8, 4
	arenas := make([][]byte, workers)
	for i := range arenas {
		var texts []string
		for range 16 {
			texts = append(texts, fmt.Sprint("worker ", i, " ")+strings.Repeat("x", recordSize))
		}
		b, arena := textBatch(t, texts...)
		arenas[i] = arena
		*known = append(*known, b.AppendRequest(nil))
	}
	return func() {
		var wg sync.WaitGroup
		for _, original := range arenas {
			wg.Go(func() {
				arena := make([]byte, len(original))
				for range rounds {
					copy(arena, original)
					var b otlp.Batch
					b.Add(testResource, testScope, arena, 16)
					ctx, cancel := context.WithCancel(t.Context())
					if rand.IntN(3) == 0 {
						time.AfterFunc(rand.N(3*time.Millisecond), cancel)
					}
					_ = e.ExportEncoded(ctx, &b)
					cancel()
					for j := range arena {
						arena[j] = 0xAA
					}
				}
			})
		}
		wg.Wait()
	}
}

// TestMemoryIsTheCallersAfterExport sends to a server that answers before it has read
// the body, and then reads on.
func TestMemoryIsTheCallersAfterExport(t *testing.T) {
	var known knownRequests
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var connections sync.WaitGroup
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetReadBuffer(32 << 10) // so that the body stays where it is
			}
			connections.Go(func() { answerEarly(t, conn, &known) })
		}
	}()
	e := newExporter(t, otlp.WithEndpoint(listener.Addr().String()), otlp.WithInsecure(), once())
	exportAndOverwrite(t, e, &known, 256<<10)() // more than the buffers of a connection hold
	_ = e.Shutdown(t.Context())
	_ = listener.Close()
	<-served
	connections.Wait()
}

// answerEarly answers requests as soon as their headers are there. Then it reads the
// body slowly, to its end or the connection's.
func answerEarly(t *testing.T, conn net.Conn, known *knownRequests) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(testTimeout))
	r := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		status := []string{"200 OK", "503 Service Unavailable"}[rand.IntN(2)]
		_, _ = io.WriteString(conn, "HTTP/1.1 "+status+"\r\nContent-Length: 2\r\n\r\nOK")
		time.Sleep(10 * time.Millisecond)
		var received []byte
		chunk := make([]byte, 32<<10)
		for err == nil {
			var n int
			n, err = req.Body.Read(chunk)
			received = append(received, chunk[:n]...)
			time.Sleep(rand.N(100 * time.Microsecond))
		}
		known.check(t, received)
	}
}

// TestMemoryIsTheCallersAfterExportHTTP2: the same over gRPC. The server resets the
// stream when it has answered.
func TestMemoryIsTheCallersAfterExportHTTP2(t *testing.T) {
	var known knownRequests
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		received := make([]byte, rand.IntN(1<<20))
		n, _ := io.ReadFull(r.Body, received)
		if n > 5 {
			known.check(t, received[5:n])
		}
		answerGRPC(w, nil, []string{"0", "14"}[rand.IntN(2)], "")
	}))
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	e := newExporter(t, otlp.WithProtocol(otlp.GRPC), otlp.WithEndpoint(server.Listener.Addr().String()),
		otlp.WithInsecure(), once())
	export := exportAndOverwrite(t, e, &known, 256<<10)
	server.Start()
	defer server.Close()
	export()
}

// TestCompressedMemory: with compression it is the compressed copy whose memory is
// used again, and every request arrives whole.
func TestCompressedMemory(t *testing.T) {
	bothProtocols(t, func(t *testing.T, protocol otlp.Option, _ bool) {
		for name, compression := range compressions {
			t.Run(name, func(t *testing.T) {
				rec := newReceiver(t, nil, nil)
				e := newExporter(t, protocol, otlp.WithEndpointURL(rec.URL), otlp.WithCompression(compression))
				var known knownRequests
				exportAndOverwrite(t, e, &known, 32<<10)()
				for _, r := range rec.received() {
					found := false
					for _, k := range known {
						found = found || bytes.Equal(k, r.body)
					}
					if !found {
						t.Errorf("a request of %d bytes arrived that nobody sent", len(r.body))
					}
				}
			})
		}
	})
}

// earlyTransport answers before it has read the body, and reads on for as long as it
// gets anything.
type earlyTransport struct {
	reads sync.WaitGroup
	late  chan []byte // what it has read of each request
}

func (tr *earlyTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	tr.reads.Go(func() {
		var received []byte
		chunk := make([]byte, 1000)
		for {
			n, err := req.Body.Read(chunk)
			received = append(received, chunk[:n]...)
			if err != nil {
				tr.late <- received
				_ = req.Body.Close()
				return
			}
			time.Sleep(10 * time.Microsecond)
		}
	})
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: http.Header{}, Request: req}, nil
}

// TestTransportThatReadsOn: it gets an error in place of the memory.
func TestTransportThatReadsOn(t *testing.T) {
	for name, compression := range compressions {
		tr := &earlyTransport{late: make(chan []byte, 100)}
		e := newExporter(t, otlp.WithHTTPClient(&http.Client{Transport: tr}), otlp.WithCompression(compression))
		for range 20 {
			b, arena := textBatch(t, strings.Repeat("some text ", 100_000))
			if err := e.ExportEncoded(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			for i := range arena {
				arena[i] = 0xAA
			}
		}
		tr.reads.Wait()
		close(tr.late)
		for received := range tr.late {
			if bytes.Contains(received, []byte{0xAA, 0xAA, 0xAA}) {
				t.Errorf("%s: the transport has read memory that was used again", name)
			}
			if compression == otlp.NoCompression && len(received) > 900_000 {
				t.Errorf("the transport has read %d bytes: the export waited for it", len(received))
			}
		}
	}
}
