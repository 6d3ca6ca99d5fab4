package processor

import (
	"math/rand/v2"
	"sync/atomic"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// PressureConfig says when callers should hold records back, and which ones; see
// [WithPressure]. A value out of range is replaced by the default.
type PressureConfig struct {
	// High is the fill level, as a fraction of the queue's size, at which pressure
	// begins: more than 0 and at most 1. Default: 0.8.
	High float64
	// Low is the fill level, as a fraction of the queue's size, at which pressure
	// ends: more than 0 and less than High. Default: 0.5, or half of High if High is
	// 0.5 or less.
	Low float64
	// Severity is the lowest severity that is not held back. Default:
	// log.SeverityInfo, so that TRACE and DEBUG are held back.
	Severity log.Severity
}

const (
	defaultHigh = 0.8
	defaultLow  = 0.5
)

// withDefaults replaces values that are out of range. The comparisons are written so that
// NaN fails them.
func (c PressureConfig) withDefaults() PressureConfig {
	if !(c.High > 0 && c.High <= 1) {
		c.High = defaultHigh
	}
	if !(c.Low > 0 && c.Low < c.High) {
		if c.Low = defaultLow; c.Low >= c.High {
			c.Low = c.High / 2
		}
	}
	if c.Severity <= log.SeverityUndefined {
		c.Severity = log.SeverityInfo
	}
	return c
}

// marks returns the numbers of records, or bytes, at which pressure begins and ends in a
// queue of that size: low < high, and high is at least 1.
func (c PressureConfig) marks(size int) (high, low int) {
	high = max(1, fraction(c.High, size))
	low = min(fraction(c.Low, size), high-1)
	return high, low
}

// fraction returns part of the size. The largest size, as a float64, is out of the range
// of int.
func fraction(part float64, size int) int {
	if f := part * float64(size); f < float64(size) {
		return int(f)
	}
	return size
}

// pressure decides for Enabled while the queue is under pressure. A nil pressure holds
// nothing back.
type pressure struct {
	queue    *queue.Queue
	severity log.Severity // the lowest that is not held back

	// Callers on different CPUs mostly add to different counters, so that they do not
	// wait for each other.
	suppressed [8]struct {
		n atomic.Uint64
		_ [56]byte
	}
}

// suppresses reports whether a record of the severity is to be held back, and counts it
// if so.
func (p *pressure) suppresses(s log.Severity) bool {
	return p.active() && p.holdBack(s) // two functions, so that the first is inlined
}

func (p *pressure) holdBack(s log.Severity) bool {
	if s == log.SeverityUndefined || s >= p.severity {
		return false
	}
	p.suppressed[rand.Uint32()%uint32(len(p.suppressed))].n.Add(1)
	return true
}

func (p *pressure) active() bool { return p != nil && p.queue.UnderPressure() }

func (p *pressure) total() uint64 {
	if p == nil {
		return 0
	}
	var n uint64
	for i := range p.suppressed {
		n += p.suppressed[i].n.Load()
	}
	return n
}
