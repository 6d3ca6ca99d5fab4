//go:build race

package bridge_test

// raceEnabled tells that the race detector is on, which has sync.Pool forget
// things at random.
const raceEnabled = true
