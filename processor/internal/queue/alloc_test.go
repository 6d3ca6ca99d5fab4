package queue

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
)

// TestOfferAllocs checks that an accepted record costs its caller no allocation. Only the
// list of ready batches, which moves along in its memory, is copied now and then by the
// producer that fills a batch.
func TestOfferAllocs(t *testing.T) {
	attrs := []attribute.KeyValue{
		attribute.String("a", "1"), attribute.Int("b", 2), attribute.Bool("c", true),
		attribute.Float64("d", 4), attribute.StringSlice("e", []string{"5"}),
	}
	const size = 64
	for _, p := range policies {
		for n := range inlineAttributes + 1 {
			r := newRig(t, p.policy, 8*size, size)
			r.offer(t, 0, 8*size, Accepted)
			r.takeAndSettle()
			rec := record(0, 9, attrs[:n]...)
			refused := 0
			allocs := func(records int) float64 {
				// One run, because AllocsPerRun rounds an average down.
				return testing.AllocsPerRun(1, func() {
					for range records {
						if r.Offer(&rec, 9) != Accepted {
							refused++
						}
					}
				})
			}
			if got := allocs(size/2 - 1); got != 0 {
				t.Errorf("%s, %d attributes: %v allocations within a batch", p.name, n, got)
			}
			if got := allocs(size); got > 1 {
				t.Errorf("%s, %d attributes: %v allocations from batch to batch", p.name, n, got)
			}
			if refused > 0 {
				t.Errorf("%s: %d records refused", p.name, refused)
			}
		}
	}
}

// TestOverflowAllocs checks that a refused record costs no allocation either, nor does one
// that displaces a record of which no copy is kept.
func TestOverflowAllocs(t *testing.T) {
	for _, p := range policies {
		t.Run(p.name, func(t *testing.T) {
			q := New(Config{
				Capacity: 64, BatchSize: 8, Policy: p.policy, KeepLevel: 17,
				Displaced: func(Victim) {},
			})
			rec := record(0, 9)
			offerAll := func() {
				for range 2 * q.Capacity() {
					q.Offer(&rec, 9)
				}
			}
			offerAll()
			// DropOldest retires a batch for each that it fills, and moves along in the
			// list of ready batches.
			batches := 2 * q.Capacity() / q.BatchSize()
			if allocs := testing.AllocsPerRun(100, offerAll); allocs > float64(batches)/4 {
				t.Errorf("%v allocations for %d records", allocs, 2*q.Capacity())
			}
		})
	}
}
