package prompt

import "testing"

func TestCheck(t *testing.T) {
	for text, want := range map[string]string{
		"":               "",
		"Größe 你好\uFFFD": "",
		"a\x00b":         "binary, not text: zero byte at offset 1",
		"Größe \xff":     "not UTF-8 text: invalid byte 0xff at offset 8",
		"cut \xc3":       "not UTF-8 text: invalid byte 0xc3 at offset 4",
	} {
		got := ""
		if err := Check([]byte(text)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
