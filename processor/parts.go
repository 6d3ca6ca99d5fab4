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

// divide appends the parts in which records are to be exported, so that none is
// larger than limit. A record that is larger alone is a part of its own.
func (s *sizer) divide(parts []part, recs []sdklog.Record, limit int) []part {
	if len(recs) > 0 && s.fits(recs, limit) {
		return append(parts, part{n: len(recs)})
	}
	return s.divideExactly(parts, recs, limit)
}

func (s *sizer) divideExactly(parts []part, recs []sdklog.Record, limit int) []part {
	n, size := 0, 0 // of the part that is open
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
			parts = append(parts, part{n: 1, size: more})
			continue
		}
		n++
		size += more
	}
	end()
	return parts
}

// tooLarge is the outcome of a record that is not even exported.
func (p *Processor) tooLarge(size int) outcome {
	err := fmt.Errorf("asynclog: a log record of about %d bytes is above the limit of %d (WithMaxExportBatchBytes)",
		size, p.cfg.maxBatchBytes)
	return outcome{err: err, failed: true, why: recordTooLarge}
}

// handed returns how many records of the first parts have been given to an exporter.
// Parts are tried, and divided, from the first on, so those that have been come first.
func handed(parts []part) (n int64) {
	for i := range parts {
		if !parts[i].tried {
			break
		}
		n += int64(parts[i].n)
	}
	return n
}
