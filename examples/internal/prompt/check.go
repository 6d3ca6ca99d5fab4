package prompt

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Check returns an error if the text has a zero byte or is not UTF-8. The error names the
// offset.
func Check(text []byte) error {
	if i := bytes.IndexByte(text, 0); i >= 0 {
		return fmt.Errorf("binary, not text: zero byte at offset %d", i)
	}
	if utf8.Valid(text) {
		return nil
	}
	offset := 0
	for {
		r, size := utf8.DecodeRune(text[offset:])
		if r == utf8.RuneError && size <= 1 {
			return fmt.Errorf("not UTF-8 text: invalid byte 0x%02x at offset %d", text[offset], offset)
		}
		offset += size
	}
}
