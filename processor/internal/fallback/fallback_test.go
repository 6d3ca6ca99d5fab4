package fallback

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// blockedWriter is a writer that waits until it is released.
type blockedWriter struct {
	bytes.Buffer
	released chan struct{}
}

func (w *blockedWriter) Write(b []byte) (int, error) {
	<-w.released
	return w.Buffer.Write(b)
}

// outcomes counts completed entries.
type outcomes struct {
	written, given [3]int // by kind
	causes         []uint8
}

func (o *outcomes) completed(e *Entry, written bool) {
	if written {
		o.written[e.Kind]++
	} else {
		o.given[e.Kind]++
	}
	if e.Kind == Lost {
		o.causes = append(o.causes, e.Cause)
	}
}

func TestEachKindHasItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out outcomes
		w := &blockedWriter{released: make(chan struct{})}
		q := New(Config{Writer: w, Limit: 1, Completed: out.completed, Report: func(err error) { t.Error(err) }})
		r := exportertest.Record(log.SeverityError, "x")
		copies := 0
		for range 2 * MaxUncounted {
			if q.OfferCopy(&r) {
				copies++
			}
		}
		if copies != MaxUncounted {
			t.Errorf("%d copies taken, want %d", copies, MaxUncounted)
		}
		for range 2 * MaxUncounted {
			q.OfferNotice(&log.Record{}, "scope")
		}
		lost := 0
		for i := range 2 * minLimit {
			if q.OfferLost(&r, uint8(i%2), false) {
				lost++
			}
		}
		if lost != minLimit {
			t.Errorf("%d lost records taken beside copies and notices, want %d", lost, minLimit)
		}
		q.Snapshot(func(pending int) {
			if pending != minLimit {
				t.Errorf("%d pending, want %d", pending, minLimit)
			}
		})
		close(w.released)
		q.Drain(t.Context())
		if out.written != [3]int{minLimit, MaxUncounted, MaxUncounted} || out.given != [3]int{} {
			t.Errorf("%v written, %v given up", out.written, out.given)
		}
		if got := strings.Count(w.String(), "\n"); got != minLimit+2*MaxUncounted {
			t.Errorf("%d lines", got)
		}
		for i, cause := range out.causes {
			if int(cause) != i%2 {
				t.Fatalf("entry %d has cause %d", i, cause)
			}
		}
	})
}

func TestOfferAllLostTakesWhatFits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out outcomes
		w := &blockedWriter{released: make(chan struct{})}
		q := New(Config{Writer: w, Completed: out.completed, Report: func(err error) { t.Error(err) }})
		for _, want := range []int{minLimit - 24, 24, 0} {
			if got := q.OfferAllLost(make([]Entry, minLimit-24)); got != want {
				t.Errorf("%d taken, want %d", got, want)
			}
		}
		close(w.released)
		q.Drain(t.Context())
		if out.written[Lost] != minLimit {
			t.Errorf("%v written", out.written)
		}
	})
}

// Finish completes each entry once, though a call of Write may return after it.
func TestFinishGivesUpAStuckWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out outcomes
		w := &blockedWriter{released: make(chan struct{})}
		q := New(Config{Writer: w, Completed: out.completed, Report: func(err error) { t.Error(err) }})
		r := exportertest.Record(log.SeverityError, "x")
		for range 3 {
			q.OfferLost(&r, 0, false)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun := time.Now()
		q.Finish(ctx)
		if took := time.Since(begun); took != StallTimeout {
			t.Errorf("waited %v, want %v", took, StallTimeout)
		}
		if out.given[Lost] != 3 || q.OfferLost(&r, 0, false) {
			t.Errorf("%v given up, want all, and nothing taken", out.given)
		}
		close(w.released)
		synctest.Wait()
		if !q.OfferLost(&r, 0, false) {
			t.Error("nothing taken after the writer has returned")
		}
		q.Drain(ctx)
		if out.written[Lost] != 1 || out.given[Lost] != 3 {
			t.Errorf("%v written, %v given up", out.written, out.given)
		}
	})
}

func TestNilQueueTakesNothing(t *testing.T) {
	var q *Queue
	r := exportertest.Record(log.SeverityError, "x")
	if q.OfferLost(&r, 0, false) || q.OfferAllLost(make([]Entry, 1)) != 0 {
		t.Error("it takes records")
	}
	q.Drain(t.Context())
	q.Finish(t.Context())
	q.Snapshot(func(pending int) {
		if pending != 0 {
			t.Errorf("%d pending", pending)
		}
	})
}
