package processor

import (
	"fmt"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// part is records of a batch that are exported together.
type part struct {
	n     int
	tried bool // it, or what it is a part of, has been handed to an exporter
	size  int  // not zero: it is one record, which is too large to be exported
}

const (
	// samples is how many records of a batch of many are looked at to see whether
	// all should be.
	samples = 8
	many    = 64
	// careful is for how many batches all are, after one that called for it.
	careful = 100
)

// partsOf appends the parts in which records are to be exported, so that none is
// larger than limit.
//
// To look at every record of every batch would cost the worker, and on a busy machine
// the callers, a good part of what a record costs them altogether, and for nothing
// where records are small. So of a large batch only some are looked at, and all if
// these are not far below the limit. A large record that escapes this is found when
// the receiver refuses it; see errand.split. Then, and when a batch was not far
// below, all are looked at for a while.
func (s *sizer) partsOf(parts []part, recs []sdklog.Record, limit int) []part {
	if s.careful == 0 && s.farBelow(recs, limit) {
		return append(parts, part{n: len(recs)})
	}
	s.careful = max(s.careful-1, 0)
	return s.divide(parts, recs, limit)
}

// farBelow tells whether records are not even a quarter of the limit, if all are
// like those looked at.
func (s *sizer) farBelow(recs []sdklog.Record, limit int) bool {
	if len(recs) <= many {
		return false
	}
	every := len(recs) / samples
	s.sample++
	most := 0
	s.begin()
	for i := s.sample % every; i < len(recs); i += every {
		most = max(most, s.record(&recs[i])+s.share(&recs[i]))
	}
	return len(recs)*most < limit/4
}

// divide appends the parts in which records are to be exported, so that none is
// larger than limit. A record that is larger alone is a part of its own.
func (s *sizer) divide(parts []part, recs []sdklog.Record, limit int) []part {
	n, size, total := 0, 0, 0 // of the part that is open, and of all
	end := func() {
		if n > 0 {
			parts = append(parts, part{n: n})
		}
		n, size = 0, 0
		s.begin()
	}
	s.begin()
	for i := range recs {
		r := &recs[i]
		own := s.record(r)
		more := own + s.share(r)
		if n > 0 && size+more > limit {
			end()
			more = own + s.share(r)
		}
		if more > limit {
			end()
			total += more
			parts = append(parts, part{n: 1, size: more})
			continue
		}
		n++
		size += more
		total += more
	}
	end()
	if len(recs) > many && total > limit/4 {
		s.careful = careful
	}
	return parts
}

// tooLarge is the outcome of a record that is not even exported.
func (p *Processor) tooLarge(size int) outcome {
	err := fmt.Errorf("asynclog: a log record of some %d bytes is above the limit of %d (WithMaxExportBatchBytes)",
		size, p.cfg.maxBatchBytes)
	return outcome{err: err, failed: true, why: recordTooLarge}
}
