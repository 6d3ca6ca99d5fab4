package size

import (
	"math/rand/v2"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// No record is larger than its bound, whatever its content, and ordinary ones are not
// much smaller.
func TestAtMost(t *testing.T) {
	s := source{rand.New(rand.NewPCG(7, 11))}
	for range 20_000 {
		r := s.record()
		if n, most := Record(&r), AtMost(&r); n > most {
			t.Fatalf("a record of %d bytes is said to have at most %d: %v", n, most, r)
		}
	}
	r := exportertest.Record(log.SeverityInfo, "a message of ordinary length",
		attribute.String("key", "value"), attribute.Int("n", 1), attribute.Bool("b", true))
	if n, most := Record(&r), AtMost(&r); most > 3*n {
		t.Errorf("a record of %d bytes is said to have at most %d", n, most)
	}
	if allocs := testing.AllocsPerRun(100, func() { AtMost(&r) }); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}
