package otlp

import (
	"context"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/otlpwire"
)

// EncodedExporter is an exporter that takes records as they go over the wire. A
// processor that finds its exporter to be one encodes each record once, when it is
// emitted, keeps the bytes in its queue, and hands them over uncopied. Anyone may
// implement it; [Exporter] does.
//
// # Ownership
//
// The records of a batch lie in memory that the caller uses again for other records.
// The rule is that ExportEncoded is a call like any other: the batch, and all memory
// that it refers to, belongs to the exporter until ExportEncoded returns, and not a
// moment longer. After the return nothing may read it: not the exporter, not a
// goroutine or a transport that it gave the bytes to. So the caller cannot go wrong:
// it has nothing to count and nothing to release.
//
// The exporter can go wrong, and usually does in one place. Package net/http may
// still read the body of a request after Client.Do has returned, when the server
// answers early or the context ends (golang.org/issue/51907). An exporter that gives
// the bytes to such a transport needs a body that it can cut off: a reader that copies
// under a mutex, and that the exporter closes under the same mutex before
// ExportEncoded returns. [Exporter] does so. The wait is that for one copy, because a
// reader holds the mutex no longer. An exporter that cannot cut its readers off sends
// a copy, made with [Batch.AppendRequest].
//
// The alternative is a count of references in the batch, which the transport releases
// when it closes the body. It would gain nothing, because the exporter never waits for
// longer than one copy. And it would cost the certainty: a release that is forgotten
// loses memory, and one too many sends the bytes of other records.
//
// # Result
//
// The error is what Export would return: nil if all records were accepted, a
// [PartialSuccess] if some were rejected. ExportEncoded makes one attempt. The caller
// decides whether there is another: it classifies the error, and still has the batch.
// ExportEncoded honours ctx.
//
// ExportEncoded may be called concurrently with itself, with Export and with all
// other methods. After Shutdown it returns sdklog.ErrExporterShutdown.
type EncodedExporter interface {
	sdklog.Exporter

	// ExportEncoded sends the records of the batch, once. b is not nil and is not
	// changed.
	ExportEncoded(ctx context.Context, b *Batch) error
}

// Batch is a view of encoded records, grouped by resource and scope. It holds slices
// of the memory in which the records lie, and no records. The zero Batch is empty and
// ready to use; after [Batch.Reset] it can be filled again without an allocation.
//
// A Batch is filled by one goroutine. Once it is filled, any number may read it.
type Batch struct {
	resources []resourceGroups
	groups    []Group
	index     map[groupKey]int // in groups, and in resources for a key without a scope
	records   int
}

// Group is the records of one resource and scope in a batch.
type Group struct {
	Resource *Resource
	Scope    *Scope
	// Frames are the records, in order. Each slice holds one or more of them, framed
	// as AppendRecord frames them, one behind the other: [Records] reads them.
	Frames [][]byte
	// Records is the number of records in Frames.
	Records int

	size int // of Frames, in bytes
	next int // the next group of the same resource, or -1
}

// resourceGroups is a list of the groups of one resource.
type resourceGroups struct {
	resource    *Resource
	first, last int
}

type groupKey struct {
	resource *Resource
	scope    *Scope
}

// Add adds framed records of one resource and scope: n of them, one behind the other.
// The batch refers to their memory. Neither pointer may be nil.
func (b *Batch) Add(r *Resource, s *Scope, framed []byte, n int) {
	last := len(b.groups) - 1
	if last < 0 || b.groups[last].Scope != s || b.groups[last].Resource != r {
		last = b.find(r, s)
	}
	g := &b.groups[last]
	g.Frames = append(g.Frames, framed)
	g.Records += n
	g.size += len(framed)
	b.records += n
}

// find returns the index of the group, which it makes if there is none.
func (b *Batch) find(r *Resource, s *Scope) int {
	key := groupKey{r, s}
	if at, ok := b.index[key]; ok {
		return at
	}
	at := len(b.groups)
	if at < cap(b.groups) {
		b.groups = b.groups[:at+1]
	} else {
		b.groups = append(b.groups, Group{})
	}
	g := &b.groups[at]
	*g = Group{Resource: r, Scope: s, Frames: g.Frames[:0], next: -1}

	ofResource, ok := b.index[groupKey{r, nil}]
	if !ok {
		ofResource = len(b.resources)
		b.resources = append(b.resources, resourceGroups{r, at, at})
	} else {
		list := &b.resources[ofResource]
		b.groups[list.last].next = at
		list.last = at
	}
	if b.index == nil {
		b.index = make(map[groupKey]int)
	}
	b.index[key] = at
	b.index[groupKey{r, nil}] = ofResource
	return at
}

// Reset empties the batch. It keeps the memory of its lists, and forgets that of the
// records.
func (b *Batch) Reset() {
	for i := range b.groups {
		g := &b.groups[i]
		clear(g.Frames)
		*g = Group{Frames: g.Frames[:0]}
	}
	clear(b.resources)
	clear(b.index)
	b.groups, b.resources, b.records = b.groups[:0], b.resources[:0], 0
}

// Len returns the number of records.
func (b *Batch) Len() int { return b.records }

// Groups returns the groups, in the order in which their first records were added.
// The slice is the batch's own: it must not be changed, and not be kept.
func (b *Batch) Groups() []Group { return b.groups }

// Size returns the number of bytes of the request that the batch makes, before
// compression: records, resources, scopes, and all that frames them.
func (b *Batch) Size() int {
	size := 0
	for i := range b.resources {
		size += otlpwire.SizeBytes(b.sizeOf(&b.resources[i]))
	}
	return size
}

// sizeOf returns the size of the content of a ResourceLogs message.
func (b *Batch) sizeOf(list *resourceGroups) int {
	size := len(list.resource.encoded)
	for at := list.first; at >= 0; at = b.groups[at].next {
		g := &b.groups[at]
		size += otlpwire.SizeBytes(len(g.Scope.encoded) + g.size)
	}
	return size
}

// AppendRequest appends the ExportLogsServiceRequest of the batch, a copy, and returns
// the longer slice.
func (b *Batch) AppendRequest(dst []byte) []byte {
	b.walk(func(list *resourceGroups, at int) {
		dst = b.appendHeader(dst, list, at)
		for _, f := range b.groups[at].Frames {
			dst = append(dst, f...)
		}
	})
	return dst
}

// walk calls f for each group, those of one resource in a row.
func (b *Batch) walk(f func(list *resourceGroups, at int)) {
	for i := range b.resources {
		list := &b.resources[i]
		for at := list.first; at >= 0; at = b.groups[at].next {
			f(list, at)
		}
	}
}

// appendHeader appends what stands in a request before the frames of a group.
func (b *Batch) appendHeader(dst []byte, list *resourceGroups, at int) []byte {
	if at == list.first {
		dst = append(dst, otlpwire.RequestResourceLogs)
		dst = otlpwire.AppendVarint(dst, uint64(b.sizeOf(list)))
		dst = append(dst, list.resource.encoded...)
	}
	g := &b.groups[at]
	dst = append(dst, otlpwire.ResourceLogsScopeLogs)
	dst = otlpwire.AppendVarint(dst, uint64(len(g.Scope.encoded)+g.size))
	return append(dst, g.Scope.encoded...)
}
