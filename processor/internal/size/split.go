package size

import (
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// Splitter splits records into export requests that stay below a size limit. It takes
// into account that a request contains the resource and the scope of its records once.
// Its figures are at most some bytes too high, and never too low. It is used by one
// goroutine at a time.
type Splitter struct{ shared shared }

// NewSplitter returns a splitter.
func NewSplitter() *Splitter { return &Splitter{shared: newShared()} }

// RequestSize returns the size of a request that contains this record only.
func (s *Splitter) RequestSize(r *sdklog.Record) int {
	s.shared.reset()
	return Record(r) + s.shared.add(r)
}

// Split calls add, in order, for each request into which the records are split: with the
// number of its records, and 0. A record that exceeds the limit by itself is never
// together with others; its oversize is the size of its request.
func (s *Splitter) Split(records []sdklog.Record, limit int, add func(n, oversize int)) {
	if len(records) > 0 && s.fits(records, limit) {
		add(len(records), 0)
		return
	}
	s.splitExactly(records, limit, add)
}

func (s *Splitter) splitExactly(records []sdklog.Record, limit int, add func(n, oversize int)) {
	n, size := 0, 0 // of the request that is being filled
	end := func() {
		if n > 0 {
			add(n, 0)
		}
		n, size = 0, 0
		s.shared.reset()
	}
	s.shared.reset()
	for i := range records {
		r := &records[i]
		own := Record(r)
		more := own + s.shared.add(r)
		if n > 0 && size+more > limit {
			end()
			more = own + s.shared.add(r)
		}
		if more > limit {
			end()
			add(1, more)
			continue
		}
		n++
		size += more
	}
	end()
}

// fits reports whether the records are so far below the limit that their exact sizes do
// not matter. This is the case for most batches, and the exact sizes take three times as
// long for each record. fits assumes that no record shares its resource or scope.
func (s *Splitter) fits(records []sdklog.Record, limit int) bool {
	sum := 0
	for i := range records {
		r := &records[i]
		scope := r.InstrumentationScope()
		s.shared.measureResource(r.Resource())
		if scope.Attributes != s.shared.scope.Attributes {
			s.shared.measureScope(&scope)
		}
		sum += AtMost(r) + s.shared.resourceSize + s.shared.scopeSize + 4*Longest +
			TextAtMost(scope.Name) + TextAtMost(scope.Version) + TextAtMost(scope.SchemaURL)
		if sum > limit {
			return false
		}
	}
	return true
}
