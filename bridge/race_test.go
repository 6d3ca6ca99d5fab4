//go:build race

package bridge_test

// raceEnabled says that the race detector is on. It makes sync.Pool drop items at
// random.
const raceEnabled = true
