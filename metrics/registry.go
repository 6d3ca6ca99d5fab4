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

const (
	// overflowName is the operation under which new operations are counted once
	// there are as many as [WithMaxOperations] allows.
	overflowName = "_other"

	// maxStripes bounds the stripes of an operation, and so its memory.
	maxStripes = 8

	// maxBuckets bounds the hash buckets of a registry. With more operations than
	// that, names are found more slowly.
	maxBuckets = 1 << 16
)

// registry finds operations by name. Finding one takes no lock: a bucket is a list
// from which operations are unlinked while others may be walking over them.
type registry struct {
	epoch   time.Time // times are kept as durations since then
	seed    maphash.Seed
	buckets []atomic.Pointer[operation]

	maxOperations int64         // overflowName not counted
	stripes       int           // of an operation; a power of two
	idleExpiry    time.Duration // 0: never

	count atomic.Int64 // operations, overflowName not counted; written under mu
	// swept is the time of the last search for idle operations, since epoch.
	swept atomic.Int64

	mu sync.Mutex // to link and unlink operations
}

func newRegistry(maxOperations int, idleExpiry time.Duration) *registry {
	// The number of buckets is fixed: about one for each operation allowed.
	buckets := 1 << bits.Len(uint(min(maxOperations, maxBuckets)-1))
	processors := min(runtime.GOMAXPROCS(0), maxStripes)
	return &registry{
		epoch:         time.Now(),
		seed:          maphash.MakeSeed(),
		buckets:       make([]atomic.Pointer[operation], buckets),
		maxOperations: int64(maxOperations),
		stripes:       1 << bits.Len(uint(processors-1)),
		idleExpiry:    idleExpiry,
	}
}

// since returns t as the registry keeps times: as a duration since its epoch.
func (r *registry) since(t time.Time) time.Duration { return t.Sub(r.epoch) }

func (r *registry) bucket(hash uint64) *atomic.Pointer[operation] {
	return &r.buckets[hash&uint64(len(r.buckets)-1)]
}

// find returns the operation of that name, or nil if there is none.
func (r *registry) find(name string, hash uint64) *operation {
	for op := r.bucket(hash).Load(); op != nil; op = op.next.Load() {
		if op.hash == hash && op.name == name {
			return op
		}
	}
	return nil
}

// get returns the operation that counts timers of the given name. It makes one if
// there is none, or returns the overflow operation if the limit is reached.
func (r *registry) get(name string) *operation {
	if op := r.find(name, maphash.String(r.seed, name)); op != nil {
		return op
	}
	return r.add(name)
}

// add is get for a name that was not found.
func (r *registry) add(name string) *operation {
	name = cleanName(name)
	hash := maphash.String(r.seed, name)
	if op := r.find(name, hash); op != nil {
		return op
	}
	if name != overflowName && r.count.Load() >= r.maxOperations && !r.sweepDue() {
		// The limit is reached and no operation can have expired: no lock is needed.
		return r.get(overflowName)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.getLocked(name)
}

// replace is get for the name of an operation that turned out to be forgotten.
func (r *registry) replace(name string) *operation {
	// No forgotten operation is found under the mutex: it is unlinked before the
	// mutex is released.
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.getLocked(name)
}

func (r *registry) getLocked(name string) *operation {
	hash := maphash.String(r.seed, name)
	if op := r.find(name, hash); op != nil {
		return op
	}
	if name != overflowName {
		if r.count.Load() >= r.maxOperations && r.sweepDue() {
			r.sweepLocked()
		}
		if r.count.Load() >= r.maxOperations {
			return r.getLocked(overflowName)
		}
		r.count.Add(1)
		name = strings.Clone(name) // it may be a piece of something large
	}
	op := newOperation(name, hash, r.since(time.Now()), r.stripes)
	b := r.bucket(hash)
	op.next.Store(b.Load())
	b.Store(op)
	return op
}

// all returns all operations.
func (r *registry) all() []*operation {
	ops := make([]*operation, 0, r.count.Load()+1)
	for i := range r.buckets {
		for op := r.buckets[i].Load(); op != nil; op = op.next.Load() {
			ops = append(ops, op)
		}
	}
	return ops
}
