package integration_test

import (
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/integration/internal/outage"
	"github.com/krunchwrapper/asynclog/integration/internal/rig"
)

// A minute at four fifths of the rate that one exporter can deliver: memory and the number
// of goroutines stay the same, and the ledger has every record.
func TestSoak(t *testing.T) {
	onlyLong(t)
	for _, over := range rig.Protocols {
		t.Run(over.Name, func(t *testing.T) {
			s, err := outage.RunSoak(t.Context(), over, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(s)
			if err := s.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}
