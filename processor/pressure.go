package processor

import (
	"math/rand/v2"
	"sync/atomic"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/processor/internal/queue"
)

// PressureConfig says when callers should hold back, and with what; see
// [WithPressure]. A value out of range is replaced by the default.
type PressureConfig struct {
	// High is how full the queue is, as a share of its size, when Enabled begins
	// to say no: more than 0 and at most 1. Default: 0.8.
	High float64
	// Low is how full the queue still is, as a share of its size, when Enabled
	// says yes again: more than 0 and less than High. Default: 0.5, or half of
	// High if High is 0.5 or less.
	Low float64
	// Severity is the lowest severity that is not held back. Default:
	// log.SeverityInfo, so that TRACE and DEBUG are.
	Severity log.Severity
}

const (
	defaultHigh = 0.8
	defaultLow  = 0.5
)

// withDefaults returns the configuration with usable values only. Comparisons are
// such that NaN fails them.
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

// marks returns the numbers of records, or bytes, at which pressure begins and
// ends in a queue of that size: low < high, and at least one of the size.
func (c PressureConfig) marks(size int) (high, low int) {
	high = max(1, share(c.High, size))
	low = min(share(c.Low, size), high-1)
	return high, low
}

// share returns a part of the size. As a float64 the largest size is one that no int
// can be.
func share(part float64, size int) int {
	if f := part * float64(size); f < float64(size) {
		return int(f)
	}
	return size
}

// pressure answers for Enabled while the queue is under pressure. A nil pressure
// holds nobody back.
type pressure struct {
	queue    *queue.Queue
	severity log.Severity // the lowest that is not held back

	// Callers on different processors mostly add to different counts, so that
	// they do not wait for each other. Which one does not matter.
	suppressed [8]struct {
		n atomic.Uint64
		_ [56]byte
	}
}

// suppresses tells whether a record of the severity is better not built, and
// counts it if so.
func (p *pressure) suppresses(s log.Severity) bool {
	return p.pressed() && p.holdBack(s) // two parts, so that the first is inlined
}

func (p *pressure) holdBack(s log.Severity) bool {
	if s == log.SeverityUndefined || s >= p.severity {
		return false
	}
	p.suppressed[rand.Uint32()%uint32(len(p.suppressed))].n.Add(1)
	return true
}

func (p *pressure) pressed() bool { return p != nil && p.queue.Pressed() }

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
