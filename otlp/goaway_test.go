package otlp_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/otlp"
)

// goAwayServer speaks as much HTTP/2 as a call needs. It serves one call on each
// connection. When the second one has begun to send its body, the server goes away
// without looking at it, as one does that is restarted.
type goAwayServer struct {
	net.Listener
	mu     sync.Mutex
	bodies [][]byte // of the calls that were answered
}

const (
	frameData         = 0
	frameHeaders      = 1
	frameSettings     = 4
	frameGoAway       = 7
	frameWindowUpdate = 8
	flagEndStream     = 1
	flagAck           = 1
	flagEndHeaders    = 4
)

func writeFrame(w io.Writer, kind, flags byte, stream uint32, payload []byte) error {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	frame = binary.BigEndian.AppendUint32(append(frame, flags), stream)
	_, err := w.Write(append(frame, payload...))
	return err
}

// headerField encodes a header field, literally.
func headerField(name, value string) []byte {
	b := append([]byte{0, byte(len(name))}, name...)
	return append(append(b, byte(len(value))), value...)
}

func (s *goAwayServer) serve(conn net.Conn) error {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(testTimeout))
	if _, err := io.ReadFull(conn, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return err
	}
	window := binary.BigEndian.AppendUint32([]byte{0, 4}, 1<<24) // SETTINGS_INITIAL_WINDOW_SIZE
	more := binary.BigEndian.AppendUint32(nil, 1<<24)
	err := errors.Join(writeFrame(conn, frameSettings, 0, 0, window), writeFrame(conn, frameWindowUpdate, 0, 0, more))
	bodies := map[uint32][]byte{}
	for err == nil {
		var head [9]byte
		if _, err = io.ReadFull(conn, head[:]); err != nil {
			return err
		}
		payload := make([]byte, binary.BigEndian.Uint32(head[:])>>8)
		if _, err = io.ReadFull(conn, payload); err != nil {
			return err
		}
		stream := binary.BigEndian.Uint32(head[5:])
		switch kind, flags := head[3], head[4]; {
		case kind == frameSettings && flags&flagAck == 0:
			err = writeFrame(conn, frameSettings, flagAck, 0, nil)
		case kind == frameData && stream > 1:
			// GOAWAY, with the last stream that was served and NO_ERROR.
			err = writeFrame(conn, frameGoAway, 0, 0, []byte{0, 0, 0, 1, 0, 0, 0, 0})
		case kind == frameData:
			bodies[stream] = append(bodies[stream], payload...)
			if flags&flagEndStream == 0 {
				continue
			}
			s.mu.Lock()
			s.bodies = append(s.bodies, bodies[stream])
			s.mu.Unlock()
			header := append([]byte{0x88}, headerField("content-type", "application/grpc")...) // :status 200
			err = errors.Join(
				writeFrame(conn, frameHeaders, flagEndHeaders, stream, header),
				writeFrame(conn, frameHeaders, flagEndHeaders|flagEndStream, stream, headerField("grpc-status", "0")))
		}
	}
	return err
}

// TestGoAway: the request is sent again on another connection, the same bytes, though
// it was partly sent. ExportEncoded does not even notice.
func TestGoAway(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &goAwayServer{Listener: listener}
	var connections sync.WaitGroup
	connections.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Go(func() { _ = s.serve(conn) }) // ends with the connection
		}
	})
	e := newExporter(t, otlp.WithProtocol(otlp.GRPC), otlp.WithEndpointURL("http://"+listener.Addr().String()), once())
	for _, text := range []string{"first", strings.Repeat("second ", 40_000)} {
		b, arena := textBatch(t, text)
		want := b.AppendRequest(nil)
		if err := e.ExportEncoded(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		clear(arena)
		s.mu.Lock()
		got := s.bodies[len(s.bodies)-1]
		s.mu.Unlock()
		if !bytes.Equal(got[5:], want) {
			t.Errorf("%d bytes arrived, not the %d that were sent", len(got)-5, len(want))
		}
	}
	s.mu.Lock()
	if n := len(s.bodies); n != 2 {
		t.Errorf("%d calls arrived, want 2", n)
	}
	s.mu.Unlock()
	_ = e.Shutdown(t.Context())
	_ = listener.Close()
	connections.Wait()
}
