package otlp

import (
	"errors"
	"io"
	"slices"
	"sync"
)

// message is the bytes of a request: headers of its own, and the frames of a batch as
// they lie. It is made once for an export and serves all attempts.
//
// It is used by one goroutine; what transports read are payloads.
type message struct {
	parts  [][]byte
	header []byte // the memory of the headers among the parts
	size   int    // of the parts
}

var messagePool = sync.Pool{New: func() any { return new(message) }}

// newMessage returns the message of a batch, behind a prefix of so many bytes. The
// caller releases it.
func newMessage(b *Batch, prefix int) *message {
	m := messagePool.Get().(*message) //nolint:errcheck,forcetypeassert // the pool has nothing else
	const perHeader = 2 * (1 + 5)     // two tags and two lengths
	need := prefix
	for i := range b.groups {
		need += perHeader + len(b.groups[i].Scope.encoded)
	}
	for i := range b.resources {
		need += len(b.resources[i].resource.encoded)
	}
	// The parts share the memory of the headers, so it must not move.
	m.header = slices.Grow(m.header[:0], need)[:prefix]
	clear(m.header)
	start := 0 // the first part begins with the prefix
	m.size = 0
	b.walk(func(list *resourceGroups, at int) {
		m.header = b.appendHeader(m.header, list, at)
		g := &b.groups[at]
		m.parts = append(append(m.parts, m.header[start:]), g.Frames...)
		m.size += len(m.header) - start + g.size
		start = len(m.header)
	})
	return m
}

// release gives the memory of the headers back. No payload of the message may be in
// use.
func (m *message) release() {
	clear(m.parts) // the batch's memory
	m.parts = m.parts[:0]
	const pooled = 1 << 20
	if cap(m.header) <= pooled && cap(m.parts) <= pooled/16 {
		messagePool.Put(m)
	}
}

// payload is what a transport reads of a request in one attempt. It stands between
// the transport, which may read longer than anyone expects, and memory that is used
// again: after release no reader touches the parts.
//
// It is made anew for each attempt and is never used again.
type payload struct {
	size int

	mu    sync.Mutex
	parts [][]byte // nil once released
}

var errReleased = errors.New("otlp: the request is over")

func newPayload(parts [][]byte, size int) *payload {
	return &payload{size: size, parts: parts}
}

// release cuts all readers off. When it returns, none of them reads.
func (p *payload) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.parts = nil
}

// open returns a reader of the whole. There may be several: the transport opens
// another one when it has to send the request again.
func (p *payload) open() (io.ReadCloser, error) { return &body{payload: p}, nil }

// body reads a payload.
//
// It has no WriteTo on purpose: that would hand the parts themselves to a connection,
// whose Write may take as long as it likes. Read copies, and is done.
type body struct {
	payload      *payload
	part, offset int
	closed       bool
}

// Read copies the next bytes. Other goroutines may close the body, or release the
// payload, at any time.
func (b *body) Read(dst []byte) (n int, err error) {
	p := b.payload
	p.mu.Lock()
	defer p.mu.Unlock()
	if b.closed || p.parts == nil {
		return 0, errReleased
	}
	for b.part < len(p.parts) && n < len(dst) {
		k := copy(dst[n:], p.parts[b.part][b.offset:])
		n += k
		if b.offset += k; b.offset == len(p.parts[b.part]) {
			b.part, b.offset = b.part+1, 0
		}
	}
	if b.part == len(p.parts) {
		err = io.EOF
	}
	return n, err
}

func (b *body) Close() error {
	b.payload.mu.Lock()
	defer b.payload.mu.Unlock()
	b.closed = true
	return nil
}
