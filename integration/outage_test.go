package integration_test

import (
	"context"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/integration/internal/outage"
	"github.com/krunchwrapper/asynclog/integration/internal/rig"
)

// An outage that fits into the queue costs nothing.
func TestOutageWithRoom(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		t.Parallel()
		wantNoLoss(t, through(t, outage.Plan{
			Over: over, Records: 16_000, Rate: 4000, Queue: 16_000,
			After: 500 * time.Millisecond, Trouble: outage.Killed(2 * time.Second),
		}))
	})
}

// An outage that does not fit into the queue costs what the ledger says, to the
// record.
func TestOutageWithoutRoom(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		t.Parallel()
		wantLossCounted(t, through(t, outage.Plan{
			Over: over, Records: 16_000, Rate: 4000, Queue: 1000,
			After: 500 * time.Millisecond, Trouble: outage.Killed(2 * time.Second),
		}))
	})
}

// Nor do the faults of a network cost anything while there is room.
func TestFaultyNetworkWithRoom(t *testing.T) {
	t.Parallel()
	const during = 2 * time.Second
	for _, trouble := range []outage.Trouble{
		outage.Poisoned("latency", during, rig.Latency(500*time.Millisecond, 200*time.Millisecond)),
		outage.Poisoned("bandwidth", during, rig.Bandwidth(50)),
		outage.Poisoned("reset", during, rig.ResetPeer(0)),
		outage.Poisoned("deaf", during, rig.Deaf()),
		outage.Poisoned("mute", during, rig.Mute()),
	} {
		t.Run(trouble.Name, func(t *testing.T) {
			t.Parallel()
			overBoth(t, func(t *testing.T, over rig.Protocol) {
				t.Parallel()
				wantNoLoss(t, through(t, outage.Plan{
					Over: over, Records: 12_000, Rate: 4000, Queue: 12_000,
					After: 500 * time.Millisecond, Trouble: trouble,
				}))
			})
		})
	}
}

// The outages of the report, twenty seconds and a hundred thousand records long.
func TestLongOutages(t *testing.T) {
	onlyLong(t)
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		for _, plan := range outage.Plans(over) {
			t.Run(plan.String(), func(t *testing.T) {
				r := through(t, plan)
				if plan.Queue >= plan.Records {
					wantNoLoss(t, r)
				} else {
					wantLossCounted(t, r)
				}
			})
		}
	})
}

// through has asynclog go through a plan. Its ledger must agree with what arrived.
func through(t *testing.T, p outage.Plan) outage.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	r, err := outage.Run(ctx, outage.Asynclog, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v: %v", p, r)
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	if r.Emitted != int64(p.Records) {
		t.Errorf("%d records are emitted, want %d", r.Emitted, p.Records)
	}
	return r
}

func wantNoLoss(t *testing.T, r outage.Result) {
	t.Helper()
	if r.ShutdownError != nil {
		t.Error(r.ShutdownError)
	}
	if r.Arrived != r.Emitted || r.Lost != 0 || r.Ledger.DroppedTotal() != 0 {
		t.Errorf("of %d records %d arrived; the ledger: %+v", r.Emitted, r.Arrived, *r.Ledger)
	}
}

func wantLossCounted(t *testing.T, r outage.Result) {
	t.Helper()
	if r.Lost == 0 {
		t.Error("nothing was lost: the queue was not too small")
	}
	if told := int64(r.Ledger.DroppedTotal()); told != r.Lost {
		t.Errorf("%d records are lost, the ledger tells of %d", r.Lost, told)
	}
}
