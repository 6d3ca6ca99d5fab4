package metrics

import (
	"hash/maphash"
	"math/bits"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Most processors that count apart from each other.
const mostStripes = 8

// registry finds operations by name. Finding takes no lock: a bucket is a list
// from which operations are unlinked while others may be walking over them.
type registry struct {
	monitor *Monitor
	epoch   time.Time // times are kept as durations since
	seed    maphash.Seed
	buckets []atomic.Pointer[operation]

	most       int64 // operations, OverflowName not counted
	stripes    int   // of an operation; a power of two
	window     int
	idleExpiry time.Duration // 0: never

	count atomic.Int64 // operations, OverflowName not counted; written under mu
	// swept is when idle operations were last looked for, since epoch.
	swept atomic.Int64

	mu sync.Mutex // to link and unlink operations
}

func newRegistry(m *Monitor, c config) *registry {
	// A fixed number of buckets, about one for each operation there may be.
	buckets := 1 << bits.Len(uint(min(c.maxOperations, mostBuckets)-1))
	processors := min(runtime.GOMAXPROCS(0), mostStripes)
	return &registry{
		monitor:    m,
		epoch:      time.Now(),
		seed:       maphash.MakeSeed(),
		buckets:    make([]atomic.Pointer[operation], buckets),
		most:       int64(c.maxOperations),
		stripes:    1 << bits.Len(uint(processors-1)),
		window:     c.window,
		idleExpiry: c.idleExpiry,
	}
}

// since returns the time as the registry keeps it.
func (r *registry) since(t time.Time) time.Duration { return t.Sub(r.epoch) }

func (r *registry) bucket(hash uint64) *atomic.Pointer[operation] {
	return &r.buckets[hash&uint64(len(r.buckets)-1)]
}

// find returns the operation, or nil if there is none of that name.
func (r *registry) find(name string, hash uint64) *operation {
	for op := r.bucket(hash).Load(); op != nil; op = op.next.Load() {
		if op.hash == hash && op.name == name {
			return op
		}
	}
	return nil
}

// get returns the operation that one of the given name is counted as.
func (r *registry) get(name string) *operation {
	if op := r.find(name, maphash.String(r.seed, name)); op != nil {
		return op
	}
	return r.introduce(name)
}

// introduce is get for a name that was not found.
func (r *registry) introduce(name string) *operation {
	name = cleanName(name)
	hash := maphash.String(r.seed, name)
	if op := r.find(name, hash); op != nil {
		return op
	}
	if name != OverflowName && r.count.Load() >= r.most && !r.sweepDue() {
		// No place and nothing that could have made one: without the lock.
		return r.get(OverflowName)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.getLocked(name)
}

// renew is get for the name of an operation that turned out to be forgotten.
func (r *registry) renew(name string) *operation {
	// Under the mutex nothing is found that is dead already: it is unlinked
	// before the mutex is released.
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.getLocked(name)
}

func (r *registry) getLocked(name string) *operation {
	hash := maphash.String(r.seed, name)
	if op := r.find(name, hash); op != nil {
		return op
	}
	if name != OverflowName {
		if r.count.Load() >= r.most && r.sweepDue() {
			r.sweepLocked()
		}
		if r.count.Load() >= r.most {
			return r.getLocked(OverflowName)
		}
		r.count.Add(1)
		name = strings.Clone(name) // it may be a piece of something large
	}
	op := newOperation(r.monitor, name, hash, r.since(time.Now()), r.stripes, r.window)
	b := r.bucket(hash)
	op.next.Store(b.Load())
	b.Store(op)
	return op
}

// all returns the operations there are.
func (r *registry) all() []*operation {
	ops := make([]*operation, 0, r.count.Load()+1)
	for i := range r.buckets {
		for op := r.buckets[i].Load(); op != nil; op = op.next.Load() {
			ops = append(ops, op)
		}
	}
	return ops
}
