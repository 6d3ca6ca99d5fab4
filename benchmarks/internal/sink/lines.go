package sink

import (
	"bytes"
	"context"
	"net"
	"sync"
	"sync/atomic"
)

// Lines writes lines to a reader over TCP. Lines are not acknowledged: a line counts as
// arrived when the kernel has accepted it.
type Lines struct {
	acked atomic.Uint64

	mu   sync.Mutex
	conn net.Conn
}

// Dial connects to the reader at the address.
func Dial(ctx context.Context, address string) (*Lines, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &Lines{conn: conn}, nil
}

// Acked returns how many lines the kernel has accepted.
func (l *Lines) Acked() uint64 { return l.acked.Load() }

// Write sends the lines of p.
func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, err := l.conn.Write(p)
	l.acked.Add(uint64(bytes.Count(p[:n], []byte{'\n'})))
	return n, err
}

// Close closes the connection.
func (l *Lines) Close() error { return l.conn.Close() }
