//go:build race

package metrics_test

// Under the race detector sync.Pool drops things on purpose.
const raceEnabled = true
