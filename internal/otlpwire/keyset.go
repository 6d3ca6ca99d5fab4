package otlpwire

import "math/bits"

// KeySet is a set of keys that finds out that a key is repeated. It may be wrong in
// one direction only: it never takes a repeated key for a new one.
//
// Its zero value is empty. It is a value of 32 bytes without pointers, so a copy is a
// set of its own.
type KeySet [4]uint64

// Add adds the key and reports whether it may be in the set already. The caller then
// compares it with the keys that it added before.
//
// The place of a key comes from its length and its first and last eight bytes. Keys
// that differ only between them share a place, which costs a comparison.
func (s *KeySet) Add(key string) (maybe bool) {
	n := len(key)
	h := uint64(n)
	switch {
	case n >= 8:
		h += load64(key) ^ bits.RotateLeft64(load64(key[n-8:]), 29)
	case n >= 4:
		h += uint64(load32(key))<<32 | uint64(load32(key[n-4:]))
	case n > 0:
		h += uint64(key[0])<<8 | uint64(key[n>>1])<<16 | uint64(key[n-1])<<24
	}
	h *= 0x9e3779b97f4a7c15
	word, bit := &s[h>>62], uint64(1)<<(h>>56&63)
	maybe = *word&bit != 0
	*word |= bit
	return maybe
}
