package prompt

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Analysis holds the counts of a text.
type Analysis struct {
	Characters int `json:"characters"`
	Lines      int `json:"lines"`     // an unfinished last line counts
	Words      int `json:"words"`     // runs of letters and digits
	Sentences  int `json:"sentences"` // ended by . ! or ? and space, by an empty line, or by the end
}

// Tokens returns an estimate of the number of tokens in a language model: about one token
// for four characters of English.
func (a *Analysis) Tokens() int { return (a.Characters + 3) / 4 }

// Analyser analyses texts, and keeps the word counts of the last one. The zero value is
// ready to use. An Analyser must not be used concurrently.
type Analyser struct {
	counts map[string]int // of words in lower case
}

// Analyse analyses a text, which must be UTF-8.
func (a *Analyser) Analyse(text []byte) Analysis {
	if a.counts == nil {
		a.counts = make(map[string]int)
	}
	clear(a.counts)

	var (
		res      Analysis
		word     = -1 // where the current word began; -1: there is none
		inside   bool // a word has been seen since the last sentence ended
		ended    bool // the last character may end a sentence
		previous rune
	)
	endWord := func(end int) {
		if word >= 0 {
			a.counts[strings.ToLower(string(text[word:end]))]++
			res.Words++
			word, inside = -1, true
		}
	}
	endSentence := func() {
		if inside {
			res.Sentences++
			inside = false
		}
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		res.Characters++
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) && word >= 0 {
			if word < 0 {
				word = i
			}
		} else {
			endWord(i)
		}
		if unicode.IsSpace(r) && ended || r == '\n' && previous == '\n' {
			endSentence()
		}
		if r == '\n' {
			res.Lines++
		}
		ended = strings.ContainsRune(".!?…", r) || ended && strings.ContainsRune(`"')]*_`+"`", r)
		if strings.ContainsRune("。！？", r) {
			endSentence() // they end a sentence without a space
		}
		if r != '\r' {
			previous = r
		}
		i += size
	}
	endWord(len(text))
	endSentence()
	if len(text) > 0 && text[len(text)-1] != '\n' {
		res.Lines++
	}
	return res
}

// Frequent returns the n most frequent words of the text that was analysed last. It skips
// words of fewer than four letters, which are much the same in every text.
func (a *Analyser) Frequent(n int) []string {
	type entry struct {
		word  string
		count int
	}
	var top []entry // sorted, at most n
	for word, count := range a.counts {
		if utf8.RuneCountInString(word) < 4 {
			continue
		}
		e := entry{word, count}
		i, _ := slices.BinarySearchFunc(top, e, func(a, b entry) int {
			return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.word, b.word))
		})
		if i < n {
			top = slices.Insert(top, i, e)
			top = top[:min(n, len(top))]
		}
	}
	words := make([]string, len(top))
	for i, e := range top {
		words[i] = e.word
	}
	return words
}
