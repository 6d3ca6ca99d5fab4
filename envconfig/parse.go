package envconfig

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tailscale/hujson"
)

// maxBrackets bounds how deep a file can be nested. hujson calls itself for each
// level: a million of them, which fit into maxFileSize, overflow the stack, and a
// stack overflow cannot be recovered from.
const maxBrackets = 10_000

// parseJSONC parses the text of the file: JSON with comments and trailing commas,
// in UTF-8. The file returned is for the places of its values. Errors wrap
// ErrSyntax.
func parseJSONC(path string, text []byte) (source, hujson.Value, error) {
	src := source{path: path, text: bytes.TrimPrefix(text, []byte("\ufeff"))}
	end := len(src.text)
	fail := func(offset int, reason string) (source, hujson.Value, error) {
		return src, hujson.Value{}, src.errorf(min(offset, end), "%w: %s", ErrSyntax, reason)
	}
	switch {
	case end > maxFileSize:
		return fail(0, fmt.Sprintf("more than %d bytes", maxFileSize))
	case bytes.HasPrefix(text, []byte{0xff, 0xfe}), bytes.HasPrefix(text, []byte{0xfe, 0xff}):
		return fail(0, "UTF-16; save the file as UTF-8")
	case len(bytes.TrimSpace(src.text)) == 0:
		return fail(0, "the file is empty; write at least {}")
	case bytes.Count(src.text, []byte("{"))+bytes.Count(src.text, []byte("[")) > maxBrackets:
		return fail(0, fmt.Sprintf("more than %d brackets", maxBrackets))
	}

	// hujson wants a line break even after a comment in the last line. It keeps and
	// returns parts of what it is given.
	padded := append(bytes.Clone(src.text), '\n')
	value, err := hujson.Parse(padded)
	if err != nil {
		offset, reason := hujsonError(padded, err)
		return fail(offset, reason)
	}
	return src, value, nil
}

// source is the text of a file, in which places are given as line and column.
type source struct {
	path string
	text []byte
}

// position returns the line and the column, in characters, of the offset in the
// text, both counted from one.
func (s source) position(offset int) (line, column int) {
	before := s.text[:min(offset, len(s.text))]
	return 1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
}

// errorf returns an error that begins with the place, as compilers write it.
func (s source) errorf(offset int, format string, args ...any) error {
	line, column := s.position(offset)
	return fmt.Errorf("%s:%d:%d: %w", s.path, line, column, fmt.Errorf(format, args...))
}

// hujsonError takes an error of hujson about text apart. Its words are all it has:
// the place, in bytes, and the reason, which may quote the text without bounds.
func hujsonError(text []byte, err error) (offset int, reason string) {
	var line, column int
	if n, _ := fmt.Sscanf(err.Error(), "hujson: line %d, column %d:", &line, &column); n != 2 {
		return 0, printable(err.Error())
	}
	for ; line > 1; line-- {
		offset += bytes.IndexByte(text[offset:], '\n') + 1
	}
	offset += column - 1

	if inner := errors.Unwrap(err); inner != nil {
		err = inner
	}
	reason = printable(err.Error())
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		reason += "; the file ends too early"
	case strings.HasPrefix(reason, "invalid literal"), strings.HasSuffix(reason, "at start of value"):
		reason += "; allowed: true, false, null, a number, and in double quotes a text or a key"
	}
	return offset, reason
}

// printable makes what a file contains fit for a line on a terminal.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
	return clip(s)
}
