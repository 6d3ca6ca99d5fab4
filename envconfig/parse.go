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

// maxBrackets bounds the nesting of a file. hujson recurses once for each level. A million
// levels, which fit into maxFileSize, overflow the stack, and a program cannot recover
// from that.
const maxBrackets = 10_000

// parseJSONC parses the text of the file: JSON with comments and trailing commas, in
// UTF-8. The source it returns converts offsets into positions. Errors wrap ErrSyntax.
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

	// hujson requires a line break even after a comment in the last line. It keeps and
	// returns parts of its input, so it gets a copy.
	padded := append(bytes.Clone(src.text), '\n')
	value, err := hujson.Parse(padded)
	if err != nil {
		offset, reason := hujsonError(padded, err)
		return fail(offset, reason)
	}
	return src, value, nil
}

// source is the text of a file. It converts offsets into lines and columns.
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

// errorf returns an error that begins with the position, as those of compilers do.
func (s source) errorf(offset int, format string, args ...any) error {
	line, column := s.position(offset)
	return fmt.Errorf("%s:%d:%d: %w", shownPath(s.path), line, column, fmt.Errorf(format, args...))
}

// shownPath is the path as errors show it: as it is, so that editors and terminals find
// the file, unless it is long or has characters that a terminal could obey.
func shownPath(path string) string {
	if printable(path) == path {
		return path
	}
	return strconv.Quote(clip(path))
}

// hujsonError splits an error of hujson about the text into offset and reason. Only the
// error's text has them: the position, in bytes, and the reason, which may quote the file
// at any length.
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
		reason += "; allowed: true, false, null, a number, and a text or key in double quotes"
	}
	return offset, reason
}

// printable makes text from a file safe for one line on a terminal, and shortens it.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
	return clip(s)
}
