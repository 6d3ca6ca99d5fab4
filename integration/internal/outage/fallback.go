package outage

import (
	"encoding/json"
	"maps"
	"sync"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
)

// savedRecords is a fallback that keeps the IDs of the records written to it. It ignores
// the lines in which the processor reports its own state.
type savedRecords struct {
	mu  sync.Mutex
	ids rig.Arrivals // guarded by mu
}

func newSavedRecords() *savedRecords { return &savedRecords{ids: rig.Arrivals{}} }

// Write accepts one line with one record.
func (s *savedRecords) Write(line []byte) (int, error) {
	if id := idOfLine(line); id != 0 {
		s.mu.Lock()
		s.ids[id]++
		s.mu.Unlock()
	}
	return len(line), nil
}

func (s *savedRecords) get() rig.Arrivals {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.ids)
}

// idOfLine returns the ID of a record in the format of the stdoutlog exporter, or 0 if the
// line is not a record of a source.
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
