package main

import (
	"fmt"
	"time"

	"github.com/krunchwrapper/asynclog/processor"
)

const (
	progressAfter = 2 * time.Second // a shorter run shows no progress
	progressEvery = time.Second
)

// startProgress shows the progress of the work every second, until stop is called.
func startProgress(con *console, documents func() uint64, stats func() processor.Stats) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		started := time.Now()
		wait := time.NewTimer(progressAfter - progressEvery) // the first tick shows
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-quit:
			return
		}
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		last, at := stats().Emitted, time.Now()
		for {
			select {
			case now := <-tick.C:
				s := stats()
				rate := float64(s.Emitted-last) / now.Sub(at).Seconds()
				last, at = s.Emitted, now
				con.show(progressLine(now.Sub(started), documents(), &s, rate))
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

func progressLine(elapsed time.Duration, documents uint64, s *processor.Stats, rate float64) string {
	return fmt.Sprintf("%v: %s documents, %s records, %s/s, %s queued", elapsed.Round(time.Second),
		thousands(documents), thousands(s.Emitted), thousands(uint64(rate)), thousands(uint64(s.Queued)))
}
