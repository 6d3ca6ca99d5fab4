package outage

import (
	"slices"
	"strings"
	"testing"

	"github.com/krunchwrapper/asynclog/processor"
)

func TestSoakCheck(t *testing.T) {
	const mib = 1 << 20
	flat := slices.Repeat([]uint64{40 * mib, 42 * mib, 38 * mib}, 10)
	growing := make([]uint64, 30)
	for i := range growing {
		growing[i] = uint64(30+2*i) * mib
	}
	steady := slices.Repeat([]int{12}, 30)
	leaking := make([]int, 30)
	for i := range leaking {
		leaking[i] = 12 + i
	}
	ledger := processor.Stats{Emitted: 3, Exported: 3}
	for name, c := range map[string]struct {
		soak Soak
		good bool
	}{
		"flat":                 {Soak{Emitted: 3, Arrived: 3, Ledger: ledger, Heap: flat, Goroutines: steady}, true},
		"a high start":         {Soak{Emitted: 3, Arrived: 3, Ledger: ledger, Heap: append([]uint64{900 * mib}, flat...), Goroutines: steady}, true},
		"memory grows":         {Soak{Emitted: 3, Arrived: 3, Ledger: ledger, Heap: growing, Goroutines: steady}, false},
		"goroutines grow":      {Soak{Emitted: 3, Arrived: 3, Ledger: ledger, Heap: flat, Goroutines: leaking}, false},
		"too few samples":      {Soak{Emitted: 3, Arrived: 3, Ledger: ledger, Heap: flat[:5], Goroutines: steady[:5]}, false},
		"one did not arrive":   {Soak{Emitted: 3, Arrived: 2, Ledger: ledger, Heap: flat, Goroutines: steady}, false},
		"one is not in ledger": {Soak{Emitted: 4, Arrived: 3, Ledger: ledger, Heap: flat, Goroutines: steady}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.soak.Check(); (err == nil) != c.good {
				t.Error(err)
			}
		})
	}
}

// The error says if memory grew because the machine became slower.
func TestSoakCheckNamesASlowerMachine(t *testing.T) {
	growing := make([]uint64, 30)
	for i := range growing {
		growing[i] = uint64(i) << 20
	}
	s := Soak{Capacity: 100, Rate: 80, Heap: growing, Goroutines: make([]int, 30)}
	for after, want := range map[int]bool{79: true, 80: false} {
		s.After = after
		if got := strings.Contains(s.Check().Error(), "can no longer deliver"); got != want {
			t.Errorf("with %d records a second afterwards: %v", after, s.Check())
		}
	}
}
