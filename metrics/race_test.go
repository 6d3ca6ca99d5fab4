//go:build race

package metrics_test

// sync.Pool drops items on purpose under the race detector.
const raceEnabled = true
