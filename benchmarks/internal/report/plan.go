package report

import "time"

// Plan says how long to measure. The whole report takes about 8 minutes with [Full], and
// less than one with [Brief].
type Plan struct {
	Trial time.Duration // one trial
	Pairs int           // how many times the SDK and asynclog are measured
	Turns int           // how many times other contenders are measured
}

// The plans.
var (
	Full  = Plan{Trial: 600 * time.Millisecond, Pairs: 7, Turns: 3}
	Brief = Plan{Trial: 60 * time.Millisecond, Pairs: 1, Turns: 1} // finds errors; the figures are meaningless
)

// The queue size of trials in which it must not matter, and the default queue size.
const (
	ampleQueue   = 1 << 16
	defaultQueue = 2048
)
