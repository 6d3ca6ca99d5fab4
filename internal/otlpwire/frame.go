package otlpwire

import "math/bits"

// AppendVarint appends v as a varint.
func AppendVarint(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// SizeVarint returns the number of bytes that [AppendVarint] appends for v.
func SizeVarint(v uint64) int {
	return int(9*uint32(bits.Len64(v))+64) / 64
}

// SizeBytes returns the size of a field of n bytes with its tag and its length.
func SizeBytes(n int) int {
	return 1 + SizeVarint(uint64(n)) + n
}

// Begin starts a field of bytes whose length is not known yet. It returns the
// position of the content, for [End].
func Begin(b []byte, tag byte) (longer []byte, at int) {
	b = append(b, tag, 0)
	return b, len(b)
}

// End writes the length of the field that [Begin] started: its content is all that
// was appended since. The content moves when the length needs more than one byte.
func End(b []byte, at int) []byte {
	n := len(b) - at
	if n < 0x80 {
		b[at-1] = byte(n)
		return b
	}
	return widen(b, at, 1)
}

// recordLength is the number of bytes that BeginRecord leaves for the length. Most
// records have 128 to 16,383 bytes and stay where they are.
const recordLength = 2

// BeginRecord starts a record, framed as it stands in ScopeLogs. It returns the
// position of the record's content, for [EndRecord].
func BeginRecord(b []byte) (longer []byte, at int) {
	b = append(b, ScopeLogRecords, 0, 0)
	return b, len(b)
}

// EndRecord writes the length of the record that [BeginRecord] started.
func EndRecord(b []byte, at int) []byte {
	n := len(b) - at
	switch {
	case n < 0x80:
		b[at-2] = byte(n)
		copy(b[at-1:], b[at:])
		return b[:len(b)-1]
	case n < 0x80<<7:
		b[at-2], b[at-1] = byte(n)|0x80, byte(n>>7)
		return b
	default:
		return widen(b, at, recordLength)
	}
}

// widen writes the length of the content at position at, for which have bytes were
// left, after it has moved the content to make more of them.
func widen(b []byte, at, have int) []byte {
	n := len(b) - at
	need := SizeVarint(uint64(n))
	var zero [10]byte
	b = append(b, zero[:need-have]...)
	copy(b[at+need-have:], b[at:at+n])
	AppendVarint(b[at-have:at-have], uint64(n))
	return b
}
