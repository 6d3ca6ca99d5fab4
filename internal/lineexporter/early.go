package lineexporter

import (
	"hash/maphash"
	"slices"
)

// maxEarly bounds how many lines earlyLines remembers. There is one for each half-written
// line whose record did not come again, as when it gave way to others in the queue.
const maxEarly = 256

// earlyLines remembers lines that were written while their records still waited to be
// exported. Lines that are equal stand for each other: a record of which the line is there
// needs no other, whichever record the line was written for.
type earlyLines []earlyLine // oldest first

type earlyLine struct {
	length int
	hash   uint64
}

var seed = maphash.MakeSeed()

// add adds a line. It forgets the oldest if there are too many.
func (l *earlyLines) add(line []byte) {
	if len(*l) == maxEarly {
		*l = slices.Delete(*l, 0, 1)
	}
	*l = append(*l, earlyLine{len(line), maphash.Bytes(seed, line)})
}

// remove reports whether the line is one of them, and removes it.
func (l *earlyLines) remove(line []byte) bool {
	var hash uint64
	for i, other := range *l {
		if other.length != len(line) {
			continue
		}
		if hash == 0 {
			hash = maphash.Bytes(seed, line)
		}
		if other.hash == hash {
			*l = slices.Delete(*l, i, i+1)
			return true
		}
	}
	return false
}
