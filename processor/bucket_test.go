package processor

import (
	"testing"
	"time"
)

// Whoever asks a little more rarely than it is refilled is given what it is due.
func TestBucketKeepsTheRate(t *testing.T) {
	b := bucket{burst: 10, every: 100 * time.Millisecond}
	start := time.Now()
	taken := 0
	for at := time.Duration(0); at < time.Minute; at += 60 * time.Millisecond {
		if b.take(start.Add(at)) {
			taken++
		}
	}
	if want := 10 + 599; taken != want {
		t.Errorf("%d in a minute, want %d", taken, want)
	}
}
