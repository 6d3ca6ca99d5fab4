package e2e

import (
	"bytes"
	"encoding/json"
	"testing"
)

// ledger is the ledger that a process of the example prints at its end.
type ledger struct {
	Service    string `json:"service"`
	Statistics struct {
		AsyncLogging struct {
			Logged   uint64                       `json:"messages_logged"`
			Exported uint64                       `json:"exported"`
			Fallback uint64                       `json:"fallback"`
			Total    uint64                       `json:"dropped_total"`
			Dropped  map[string]map[string]uint64 `json:"dropped"`
			Balanced bool                         `json:"balanced"`
		} `json:"async_logging"`
	} `json:"statistics"`
}

// ledgerOf reads the ledger from the last line of a process.
func ledgerOf(t *testing.T, p *process) ledger {
	t.Helper()
	_, stderr := p.printed(t)
	lines := bytes.Split(bytes.TrimSpace(stderr), []byte("\n"))
	var l ledger
	if err := json.Unmarshal(lines[len(lines)-1], &l); err != nil {
		t.Fatalf("%s: the last line is not a ledger: %v:\n%s", p.name, err, p.tail())
	}
	if !l.Statistics.AsyncLogging.Balanced {
		t.Errorf("%s: the ledger does not balance: %s", p.name, lines[len(lines)-1])
	}
	return l
}

// serviceName returns the service.name of the process's records.
func (l *ledger) serviceName() string { return "asynclog-" + l.Service }
