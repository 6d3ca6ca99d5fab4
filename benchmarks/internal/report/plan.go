package report

import "time"

// Plan says how long to measure. The whole takes some 8 minutes with [Full], and under one
// with [Brief].
type Plan struct {
	Trial time.Duration // one trial
	Pairs int           // how often the SDK and asynclog are measured in turns
	Turns int           // how often others are
}

// The plans.
var (
	Full  = Plan{Trial: 600 * time.Millisecond, Pairs: 7, Turns: 3}
	Brief = Plan{Trial: 60 * time.Millisecond, Pairs: 1, Turns: 1} // figures of no worth: that it works
)

// The queue of trials in which it must not matter, and that of the defaults.
const (
	ampleQueue   = 1 << 16
	defaultQueue = 2048
)
