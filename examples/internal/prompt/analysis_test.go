package prompt

import (
	"slices"
	"testing"
)

func TestAnalysis(t *testing.T) {
	for _, test := range []struct {
		text                                string
		characters, lines, words, sentences int
	}{
		{"", 0, 0, 0, 0},
		{"\n", 1, 1, 0, 0},
		{"One", 3, 1, 1, 1},
		{"One. Two? Three!\n", 17, 1, 3, 3},
		{"He said \"no.\" She left... late.", 31, 1, 6, 3},
		{"Version 1.47 is out", 19, 1, 5, 1},
		{"# Title\n\nText over\ntwo lines\n", 29, 4, 5, 2},
		{"# Title\r\n\r\nText", 15, 3, 2, 2},
		{"Größe über alles", 16, 1, 3, 1},
		{"你好。再见。", 6, 1, 2, 2},
		{"---\n", 4, 1, 0, 0},
	} {
		var a Analyser
		got := a.Analyse([]byte(test.text))
		want := Analysis{test.characters, test.lines, test.words, test.sentences}
		if got != want {
			t.Errorf("%q: %+v, want %+v", test.text, got, want)
		}
	}
}

func TestFrequent(t *testing.T) {
	var a Analyser
	a.Analyse([]byte("of another text"))
	a.Analyse([]byte("Queue batch queue record the the the batch queue apple"))
	if got, want := a.Frequent(3), []string{"queue", "batch", "apple"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	a.Analyse(nil)
	if got := a.Frequent(3); len(got) != 0 {
		t.Errorf("%v of an empty text", got)
	}
}

func TestTokens(t *testing.T) {
	for characters, want := range map[int]int{0: 0, 1: 1, 4: 1, 5: 2} {
		a := Analysis{Characters: characters}
		if got := a.Tokens(); got != want {
			t.Errorf("%d characters: %d tokens, want %d", characters, got, want)
		}
	}
}
