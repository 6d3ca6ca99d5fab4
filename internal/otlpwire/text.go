package otlpwire

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// AppendText appends a field with a text. Nothing is appended for an empty one.
func AppendText(b []byte, tag byte, s string) []byte {
	if s == "" {
		return b
	}
	if n := len(s); n < 0x80 {
		longer, f := extend(b, n+2)
		f[0], f[1] = tag, byte(n)
		if copyASCII(f[2:], s) {
			return longer
		}
	}
	return appendValid(b, tag, Valid(s))
}

// appendValid appends a field with a text that is UTF-8.
func appendValid(b []byte, tag byte, s string) []byte {
	if n := len(s); n < 0x80 {
		b = append(b, tag, byte(n))
	} else {
		b = AppendVarint(append(b, tag), uint64(n))
	}
	return append(b, s...)
}

// Valid returns s, or where s is not UTF-8 a copy in which each run of invalid bytes
// is replaced by U+FFFD.
//
// ASCII is recognised eight bytes at a time. The last eight are read at once even if
// some of them were read before: a loop over the rest costs more.
func Valid(s string) string {
	const high = 0x8080808080808080
	switch n := len(s); {
	case n >= 8:
		for i := 0; i < n-8; i += 8 {
			if load64(s[i:])&high != 0 {
				return mend(s)
			}
		}
		if load64(s[n-8:])&high != 0 {
			return mend(s)
		}
	case n >= 4:
		if (load32(s)|load32(s[n-4:]))&(high>>32) != 0 {
			return mend(s)
		}
	case n > 0:
		if s[0]|s[n>>1]|s[n-1] >= utf8.RuneSelf {
			return mend(s)
		}
	}
	return s
}

// mend is Valid for a text that is not ASCII.
func mend(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// copyASCII copies s to dst, which is at least as long, and reports whether it is ASCII.
// A text that is short enough for lengths of one byte is copied and checked in one go:
// it has been loaded once, and no other function is called.
func copyASCII(dst []byte, s string) bool {
	const high = 0x8080808080808080
	n := len(s)
	dst = dst[:n]
	switch {
	case n >= 8:
		all := load64(s[n-8:])
		binary.LittleEndian.PutUint64(dst[n-8:], all)
		for len(s) > 8 {
			v := load64(s)
			binary.LittleEndian.PutUint64(dst, v)
			all |= v
			s, dst = s[8:], dst[8:]
		}
		return all&high == 0
	case n >= 4:
		v, last := load32(s), load32(s[n-4:])
		binary.LittleEndian.PutUint32(dst, v)
		binary.LittleEndian.PutUint32(dst[n-4:], last)
		return (v|last)&(high>>32) == 0
	case n > 0:
		first, middle, last := s[0], s[n>>1], s[n-1]
		dst[0], dst[n>>1], dst[n-1] = first, middle, last
		return first|middle|last < utf8.RuneSelf
	}
	return true
}

// load64 reads the first eight bytes of s. The compiler makes one load of it.
func load64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// load32 reads the first four bytes of s.
func load32(s string) uint32 {
	_ = s[3]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}
