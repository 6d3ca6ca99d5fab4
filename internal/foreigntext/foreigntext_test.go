package foreigntext_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/krunchwrapper/asynclog/internal/foreigntext"
)

// others has what is not ASCII and stays: joiners, no-break spaces, emoji of several characters.
const others = "größer 日本 \u0915\u094d\u200d\u0937 \u0915\u094d\u200c\u0937 \u00a0 \U0001f3f3\ufe0f\u200d\U0001f308"

func TestLineAndQuote(t *testing.T) {
	for _, c := range []struct{ name, text, line, quote string }{
		{"empty", "", "", `""`},
		{"plain", `connection refused: "a\b"`, `connection refused: "a\b"`, `"connection refused: \"a\\b\""`},
		{"other languages", others, others, `"` + others + `"`},
		{"lines", "a\nb\r\n\tc\v\f", `a\nb\r\n\tc\x0b\x0c`, `"a\nb\r\n\tc\x0b\x0c"`},
		{"separators", "a\u0085b\u2028c\u2029", `a\u0085b\u2028c\u2029`, `"a\u0085b\u2028c\u2029"`},
		{"terminal", "\x1b[2J\x1b]0;owned\x07\x00\x7f\u009b31m", `\x1b[2J\x1b]0;owned\x07\x00\x7f\u009b31m`, `"\x1b[2J\x1b]0;owned\x07\x00\x7f\u009b31m"`},
		{"bidi", "\u202egpj.exe\u202c\u2066\u2069\u200e\u200f\u061c", `\u202egpj.exe\u202c\u2066\u2069\u200e\u200f\u061c`, `"\u202egpj.exe\u202c\u2066\u2069\u200e\u200f\u061c"`},
		{"hidden", "a\ufeffb\U000e0041\ufff9", `a\ufeffb\U000e0041\ufff9`, `"a\ufeffb\U000e0041\ufff9"`},
		{"invalid", "a\xff\xc3(\xed\xa0\x80\ufffd", `a\xff\xc3(\xed\xa0\x80` + "\ufffd", `"a\xff\xc3(\xed\xa0\x80` + "\ufffd\""},
		{"C1 in bytes", "\x9b31m", `\x9b31m`, `"\x9b31m"`},
	} {
		if got := foreigntext.Line(c.text, 1000); got != c.line {
			t.Errorf("%s: line %s, want %s", c.name, got, c.line)
		}
		if got := foreigntext.Quote(c.text, 1000); got != c.quote {
			t.Errorf("%s: quote %s, want %s", c.name, got, c.quote)
		}
		if got := string(foreigntext.AppendLine([]byte("> "), c.text, 1000)); got != "> "+c.line {
			t.Errorf("%s: appended %s", c.name, got)
		}
	}
}

func TestCut(t *testing.T) {
	if got, want := foreigntext.Line(strings.Repeat("x", 1000), 100), strings.Repeat("x", 80)+"… (920 bytes cut)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := foreigntext.Quote(strings.Repeat("\n", 1000), 100), `"`+strings.Repeat(`\n`, 39)+`"… (961 bytes cut)`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// What just fits is not cut, whatever the limit.
	for limit := 64; limit < 200; limit++ {
		if s := strings.Repeat("x", limit); foreigntext.Line(s, limit) != s || foreigntext.Quote(s[2:], limit) != `"`+s[2:]+`"` {
			t.Errorf("%d bytes are cut at a limit of %d", len(s), limit)
		}
	}
	if got := foreigntext.Line(strings.Repeat("x", 1000), -1); len(got) > 64 || !strings.HasSuffix(got, " bytes cut)") {
		t.Errorf("with a limit below zero: %s", got)
	}
}

func TestJSON(t *testing.T) {
	hostile := "a\x00\x1b\x7f\u009b\u202e\u2028\ufeff\U000e0041 <script> 日本 \U0001f600"
	plain, err := json.Marshal(map[string]string{hostile: hostile})
	if err != nil {
		t.Fatal(err)
	}
	got := foreigntext.JSON(plain)
	for _, r := range string(got) {
		if foreigntext.Escaped(r) {
			t.Errorf("%U is left in %s", r, got)
		}
	}
	var back map[string]string
	if err := json.Unmarshal(got, &back); err != nil || back[hostile] != hostile {
		t.Errorf("%q, %v", back, err)
	}
	if clean := []byte(`{"größer": ["日本", 1]}`); string(foreigntext.JSON(clean)) != string(clean) {
		t.Errorf("%s has changed", clean)
	}
}

func FuzzForeignText(f *testing.F) {
	f.Add("a\n\x1b\u202e\xff\"\\", 64)
	f.Add(strings.Repeat("日本\u2028", 100), 100)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit %= 4096
		line, quote := foreigntext.Line(s, limit), foreigntext.Quote(s, limit)
		for _, got := range []string{line, quote} {
			if len(got) > max(limit, 64) || !utf8.ValidString(got) {
				t.Fatalf("%d bytes for a limit of %d: %q", len(got), limit, got)
			}
			for _, r := range got {
				if foreigntext.Escaped(r) {
					t.Fatalf("%U is left in %q", r, got)
				}
			}
		}
		if again := foreigntext.Line(line, limit); again != line {
			t.Fatalf("a line is escaped again: %q, %q", line, again)
		}
		quoted, _, _ := strings.Cut(quote, "… (")
		if back, err := strconv.Unquote(quoted); err == nil && !strings.HasPrefix(s, back) {
			t.Fatalf("%s is not the beginning of %q", quoted, s)
		} else if err != nil && !strings.Contains(s, "… (") {
			t.Fatalf("%s: %v", quoted, err)
		}
		if document, err := json.Marshal(s); err == nil {
			var before, after string
			if json.Unmarshal(document, &before) != nil || json.Unmarshal(foreigntext.JSON(document), &after) != nil || before != after {
				t.Fatalf("%q became %q", before, after)
			}
		}
	})
}
