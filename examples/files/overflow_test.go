package main

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// load logs 601 records to a queue of 16. The output takes a millisecond for each record,
// the pipeline takes no time.
func load(t *testing.T, args ...string) (r result, ledger map[string]int) {
	t.Helper()
	out := &slowWriter{pause: time.Millisecond}
	synctest.Test(t, func(t *testing.T) {
		r = invokeWith(t.Context(), t, "short\n", out, append(args, "-queue", "16", "-workers", "3", "-repeat", "100", "-")...)
	})
	r.wantStatus(t, exitOK)
	r.wantError(t, "100 of 100 processed")
	ledger = r.ledger(t)
	if ledger["emitted"] != 601 || ledger["emitted"] != ledger["exported"]+ledger["dropped"] {
		t.Errorf("ledger %v", ledger)
	}
	if n := len(parseRecords(t, out.String())); n != ledger["exported"] {
		t.Errorf("%d records exported, %d lines written", ledger["exported"], n)
	}
	return r, ledger
}

func TestOverflowDrops(t *testing.T) {
	for _, policy := range []string{policyDropNewest, policyDropOldest, policyDropLowest} {
		t.Run(policy, func(t *testing.T) {
			r, ledger := load(t, "-overflow", policy)
			if ledger["dropped"] == 0 {
				t.Fatal("nothing was dropped")
			}
			r.wantError(t, fmt.Sprintf("%d records dropped because the queue was full: "+
				"try -overflow block or a larger -queue.\n", ledger["dropped"]))
			if policy == policyDropLowest && ledger["dropped evicted DEBUG"] == 0 {
				t.Errorf("no DEBUG record was evicted: %v", ledger)
			}
		})
	}
}

func TestOverflowBlock(t *testing.T) {
	_, ledger := load(t, "-overflow", "block")
	if ledger["dropped"] != 0 {
		t.Errorf("ledger %v", ledger)
	}
}

func TestOverflowBlockTooShort(t *testing.T) {
	r, ledger := load(t, "-overflow", "block", "-maxwait", "1ms")
	if ledger["dropped"] == 0 {
		t.Fatal("nothing was dropped")
	}
	r.wantError(t, "try a longer -maxwait or a larger -queue.\n")
}

func TestOverflowLargeQueue(t *testing.T) {
	out := &slowWriter{pause: time.Millisecond}
	synctest.Test(t, func(t *testing.T) {
		r := invokeWith(t.Context(), t, "short\n", out, "-queue", "1000", "-repeat", "100", "-")
		r.wantStatus(t, exitOK)
		if ledger := r.ledger(t); ledger["exported"] != 601 {
			t.Errorf("ledger %v", ledger)
		}
	})
}
