package outage

import (
	"encoding/json"
	"maps"
	"sync"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
)

// saved is a fallback that remembers the IDs of the records written to it. What the
// processor says there of itself it ignores.
type saved struct {
	mu  sync.Mutex
	ids rig.Tally // guarded by mu
}

func newSaved() *saved { return &saved{ids: rig.Tally{}} }

// Write takes one line, with one record.
func (s *saved) Write(line []byte) (int, error) {
	if id := idOfLine(line); id != 0 {
		s.mu.Lock()
		s.ids[id]++
		s.mu.Unlock()
	}
	return len(line), nil
}

func (s *saved) get() rig.Tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.ids)
}

// idOfLine returns the ID of a record in the form of the stdoutlog exporter, 0 if it
// is no record of a source.
func idOfLine(line []byte) int64 {
	var record struct {
		Attributes []struct {
			Key   string
			Value struct{ Value any }
		}
	}
	if json.Unmarshal(line, &record) != nil {
		return 0
	}
	for _, a := range record.Attributes {
		if id, ok := a.Value.Value.(float64); ok && a.Key == rig.IDKey {
			return int64(id)
		}
	}
	return 0
}
