package fallback

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/krunchwrapper/asynclog/internal/foreigntext"
)

// minText is the least room in which a text that is too long is begun.
const minText = 32

// bytesCut is the note at the end of a text of which so many bytes are left out.
func bytesCut(left int) string { return fmt.Sprintf("… (%d bytes cut)", left) }

// text appends a text as a string of JSON, so that the line is at most end bytes long. If
// that needs more room than there is, it appends the beginning and the note. It reports
// false if there is no room for that either; what is appended is void then.
//
// A note has no character that JSON escapes, and is longest for the whole text.
func (l *line) text(s string, end int, note func(left int) string) bool {
	begin := len(l.b)
	if l.whole(s, end) && len(l.b) <= end {
		return true
	}
	l.cut = true
	l.b = append(l.b[:begin], '"')
	room := end - len(note(len(s))) - len(`"`)
	if room < len(l.b)+minText {
		return false
	}
	i := min(plain(s), room-len(l.b))
	l.b = append(l.b, s[:i]...)
	for i < len(s) {
		fits := len(l.b)
		r, n := utf8.DecodeRuneInString(s[i:])
		if l.rune(s[i:i+n], r); len(l.b) > room {
			l.b = l.b[:fits]
			break
		}
		i += n
	}
	l.b = append(append(l.b, note(len(s)-i)...), '"')
	return true
}

// whole appends a text as a string of JSON, or its beginning: it stops soon behind end, and
// reports false then.
func (l *line) whole(s string, end int) bool {
	l.b = append(l.b, '"')
	for i := 0; i < len(s); {
		if n := min(plain(s[i:]), max(0, end-len(l.b))); n > 0 {
			l.b = append(l.b, s[i:i+n]...)
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if l.rune(s[i:i+n], r); len(l.b) > end {
			return false
		}
		i += n
	}
	l.b = append(l.b, '"')
	return true
}

// plain returns how many bytes at the beginning of a text JSON writes as they are, at most
// MaxLine.
func plain(s string) int {
	s = s[:min(len(s), MaxLine)]
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return i
		}
	}
	return len(s)
}

// rune appends one character of a text, or one byte that is none.
func (l *line) rune(text string, r rune) {
	switch {
	case r == '"', r == '\\':
		l.b = append(l.b, '\\', byte(r))
	case r == '\n':
		l.b = append(l.b, `\n`...)
	case r == '\r':
		l.b = append(l.b, `\r`...)
	case r == '\t':
		l.b = append(l.b, `\t`...)
	case r == utf8.RuneError && len(text) == 1:
		l.b = append(l.b, `\ufffd`...)
	case !foreigntext.Escaped(r):
		l.b = append(l.b, text...)
	case r <= 0xffff:
		l.escape(r)
	default:
		high, low := utf16.EncodeRune(r)
		l.escape(high)
		l.escape(low)
	}
}

func (l *line) escape(r rune) {
	const hex = "0123456789abcdef"
	l.b = append(l.b, '\\', 'u', hex[r>>12&0xf], hex[r>>8&0xf], hex[r>>4&0xf], hex[r&0xf])
}
