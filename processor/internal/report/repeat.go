package report

import "time"

const (
	// Repeat is the shortest time between two reports of the same text. It doubles with
	// each, up to MaxRepeat.
	Repeat = Interval
	// MaxRepeat is the longest. After that much time without it a text is news again.
	MaxRepeat = 10 * time.Minute
	// maxTexts is how many texts are kept.
	maxTexts = 32
)

// repeats knows the texts of the latest reports.
type repeats map[string]*repetition

// repetition is what is known about one text.
type repetition struct {
	again    int           // how often it came since the last report
	seen     time.Time     // when it came last
	interval time.Duration // between the last report and the next
	next     time.Time     // there is no report before
	never    bool          // there is no further report
}

// due reports whether a text is to be reported now, and counts it if not. It returns the
// text's repetition, or nil if the text is new.
func (t repeats) due(text string, now time.Time) (r *repetition, due bool) {
	r = t[text]
	switch {
	case r == nil:
		return nil, true
	case now.Sub(r.seen) >= MaxRepeat && !r.never:
		delete(t, text) // the count is out of date
		return nil, true
	}
	r.seen = now
	if r.never || now.Before(r.next) {
		r.again++
		return r, false
	}
	return r, true
}

// report notes that a text is reported now.
func (t repeats) report(text string, now time.Time, never bool) {
	r := t[text]
	if r == nil {
		if len(t) == maxTexts {
			t.forgetOldest()
		}
		r = &repetition{seen: now}
		t[text] = r
	}
	r.again, r.never = 0, never
	r.interval = min(max(Repeat, 2*r.interval), MaxRepeat)
	r.next = now.Add(r.interval)
}

// forgetOldest forgets the text that has not come for the longest time.
func (t repeats) forgetOldest() {
	var oldest string
	var seen time.Time
	for text, r := range t {
		if seen.IsZero() || r.seen.Before(seen) {
			oldest, seen = text, r.seen
		}
	}
	delete(t, oldest)
}
