package main

import (
	"math"
	"math/rand/v2"
	"strings"
)

// words are the words of the generated texts.
var words = strings.Fields(`
	the a an of and in to for with from that this each every no not only
	summarise translate explain compare list rewrite answer describe review
	prompt model answer context token system user message document paragraph
	question result error queue record batch trace span metric service worker
	customer order invoice letter meeting report contract deadline budget
	short long clear formal friendly precise complete simple careful
	please then when because although before after until while
`)

// texts generates texts that look like prompts. The same seed gives the same texts. It must
// not be used concurrently.
type texts struct {
	rand *rand.Rand

	size      int     // approximate bytes of a usual text
	large     float64 // the share of large texts
	largeSize int
	invalid   float64 // the share of invalid texts
}

// next returns the next text. Like those of real texts, the sizes have a log-normal
// distribution around size.
func (t *texts) next() string {
	size := float64(t.size) * math.Exp(t.rand.NormFloat64()*0.7)
	switch {
	case t.rand.Float64() < t.large:
		size = float64(t.largeSize) * (0.5 + t.rand.Float64())
	case t.rand.Float64() < t.invalid:
		return t.sentences(int(size)) + "\x00"
	}
	return t.sentences(min(int(size), maxText))
}

// sentences returns size bytes of sentences, with some line breaks.
func (t *texts) sentences(size int) string {
	var b strings.Builder
	b.Grow(size)
	left := 0 // words until the end of the sentence
	for b.Len() < size {
		word := words[t.rand.IntN(len(words))]
		if left == 0 {
			left = 4 + t.rand.IntN(16)
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		b.WriteString(word)
		left--
		switch {
		case left > 0:
			b.WriteByte(' ')
		case t.rand.IntN(5) == 0:
			b.WriteString(".\n\n")
		default:
			b.WriteString(". ")
		}
	}
	return b.String()[:size] // all of it is ASCII
}
