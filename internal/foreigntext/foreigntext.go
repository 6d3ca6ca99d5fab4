// Package foreigntext makes text that others wrote fit for a line of output.
//
// The text of an exporter's error, an HTTP header or the name of an operation may
// quote what a user of the service sent. Written as it is, it could end a line and
// begin a forged one, send commands to a terminal, or show its parts in another
// order. [Line] and [Quote] replace what could do so with escapes, and cut text that
// is too long.
package foreigntext

import (
	"strconv"
	"unicode/utf8"
)

// minBytes is the least limit: the note about what was cut needs this much room.
const minBytes = 64

// Line returns s on one line of at most limit bytes, or of 64 if limit is less. Control
// characters, line separators, invisible characters that reorder or hide text, and
// invalid UTF-8 become escapes as in Go's strings: \n, \x1b, \u202e, \xff. Everything
// else, backslashes and quotes included, stays as it is, so text that has nothing to
// escape is returned unchanged. If s is too long, its end is cut, and the line ends
// with "… (1234 bytes cut)", which counts bytes of s.
func Line(s string, limit int) string {
	if len(s) <= limit && isPlain(s) {
		return s
	}
	return string(appendEscaped(nil, s, max(limit, minBytes), false))
}

// Quote returns s as [Line] does, in double quotes, with backslashes and double quotes
// escaped as well. The quotes count towards the limit. The note about what was cut
// comes after the closing quote. [strconv.Unquote] returns what was not cut.
func Quote(s string, limit int) string {
	return string(AppendQuote(nil, s, limit))
}

// AppendLine appends what [Line] returns to b.
func AppendLine(b []byte, s string, limit int) []byte {
	return appendEscaped(b, s, max(limit, minBytes), false)
}

// AppendQuote appends what [Quote] returns to b.
func AppendQuote(b []byte, s string, limit int) []byte {
	return appendEscaped(b, s, max(limit, minBytes), true)
}

// appendEscaped appends at most limit bytes to b. It reads no more of s than it appends.
func appendEscaped(b []byte, s string, limit int, quoted bool) []byte {
	begin, closing := len(b), ""
	if quoted {
		b, closing = append(b, '"'), `"`
	}
	noteBytes := len(note(len(s)))
	fits, fitting := len(b), 0 // what has been appended, and read, when there was room for the note as well
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		b = appendRune(b, s[i:i+n], r, quoted)
		used := len(b) - begin + len(closing)
		if used > limit {
			b = append(append(b[:fits], closing...), note(len(s)-fitting)...)
			return b
		}
		i += n
		if used+noteBytes <= limit {
			fits, fitting = len(b), i
		}
	}
	return append(b, closing...)
}

func note(cut int) string { return "… (" + strconv.Itoa(cut) + " bytes cut)" }

// appendRune appends one character, or one invalid byte: text is it as it stands.
func appendRune(b []byte, text string, r rune, quoted bool) []byte {
	switch {
	case r == '\n':
		return append(b, `\n`...)
	case r == '\r':
		return append(b, `\r`...)
	case r == '\t':
		return append(b, `\t`...)
	case quoted && (r == '"' || r == '\\'):
		return append(b, '\\', byte(r))
	case r == utf8.RuneError && len(text) == 1:
		return appendHex(b, 'x', rune(text[0]), 2)
	case !Escaped(r):
		return append(b, text...)
	case r < utf8.RuneSelf:
		return appendHex(b, 'x', r, 2)
	case r <= 0xffff:
		return appendHex(b, 'u', r, 4)
	default:
		return appendHex(b, 'U', r, 8)
	}
}

func appendHex(b []byte, kind byte, r rune, digits int) []byte {
	b = append(b, '\\', kind)
	for shift := (digits - 1) * 4; shift >= 0; shift -= 4 {
		b = append(b, "0123456789abcdef"[r>>shift&0xf])
	}
	return b
}

func isPlain(s string) bool {
	for i, r := range s {
		if Escaped(r) {
			return false
		}
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return false
			}
		}
	}
	return true
}

// Escaped reports whether a character is never written as it is: control characters
// (C0, DEL, C1), line and paragraph separators, and characters that reorder or hide
// the text around them. Joiners and non-breaking spaces, which text in many languages
// needs, are not among them.
func Escaped(r rune) bool {
	switch {
	case r < 0x7f:
		return r < 0x20
	case r <= 0x9f:
		return true // DEL and C1, of which U+009B begins a terminal's commands as ESC [ does
	case r == 0x061c, r == 0x200e, r == 0x200f,
		r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true // marks, embeddings, overrides and isolates of the bidirectional algorithm
	case r == 0x2028, r == 0x2029:
		return true // separators of lines and paragraphs
	case r >= 0x206a && r <= 0x206f, r == 0xfeff, r >= 0xfff9 && r <= 0xfffb:
		return true // deprecated format characters, byte order mark, interlinear annotations
	default:
		return r >= 0xe0000 && r <= 0xe007f // tags, which repeat ASCII invisibly
	}
}

// JSON returns a valid JSON document in which the characters that [Escaped] names are
// written as \u escapes. encoding/json leaves most of those above ASCII as they are.
// The document has the same meaning. It is returned itself if it has none of them.
func JSON(document []byte) []byte {
	for i := 0; i < len(document); {
		r, n := rune(document[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(document[i:])
		}
		if inJSON(r) {
			return appendJSON(append(make([]byte, 0, len(document)+64), document[:i]...), document[i:])
		}
		i += n
	}
	return document
}

// inJSON reports whether the character, which may stand in a string of a JSON document
// only, has to be escaped there. Other control characters are white space or escaped.
func inJSON(r rune) bool { return r >= 0x7f && Escaped(r) }

func appendJSON(b, document []byte) []byte {
	for i := 0; i < len(document); {
		r, n := utf8.DecodeRune(document[i:])
		switch {
		case !inJSON(r):
			b = append(b, document[i:i+n]...)
		case r <= 0xffff:
			b = appendHex(b, 'u', r, 4)
		default: // as a pair of surrogates
			r -= 0x10000
			b = appendHex(b, 'u', 0xd800+r>>10, 4)
			b = appendHex(b, 'u', 0xdc00+r&0x3ff, 4)
		}
		i += n
	}
	return b
}
