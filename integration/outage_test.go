package integration_test

import (
	"context"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/integration/internal/outage"
	"github.com/krunchwrapper/asynclog/integration/internal/rig"
)

// No record is lost in an outage if the queue has space for the records of the outage.
func TestOutageWithinCapacity(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		t.Parallel()
		wantNoLoss(t, runPlan(t, outage.Plan{
			Over: over, Records: 16_000, Rate: 4000, Queue: 16_000,
			After: 500 * time.Millisecond, Fault: outage.Kill(2 * time.Second),
		}))
	})
}

// In an outage that exceeds the queue, the ledger counts the lost records exactly.
func TestOutageBeyondCapacity(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		t.Parallel()
		wantLossCounted(t, runPlan(t, outage.Plan{
			Over: over, Records: 16_000, Rate: 4000, Queue: 1000,
			After: 500 * time.Millisecond, Fault: outage.Kill(2 * time.Second),
		}))
	})
}

// No record is lost through faults of the network while the queue has space.
func TestFaultyNetworkWithinCapacity(t *testing.T) {
	t.Parallel()
	const during = 2 * time.Second
	for _, fault := range []outage.Fault{
		outage.Faulty("latency", during, rig.Latency(500*time.Millisecond, 200*time.Millisecond)),
		outage.Faulty("bandwidth", during, rig.Bandwidth(50)),
		outage.Faulty("reset", during, rig.ResetPeer(0)),
		outage.Faulty("requests dropped", during, rig.DropRequests()),
		outage.Faulty("responses dropped", during, rig.DropResponses()),
	} {
		t.Run(fault.Name, func(t *testing.T) {
			t.Parallel()
			overBoth(t, func(t *testing.T, over rig.Protocol) {
				t.Parallel()
				wantNoLoss(t, runPlan(t, outage.Plan{
					Over: over, Records: 12_000, Rate: 4000, Queue: 12_000,
					After: 500 * time.Millisecond, Fault: fault,
				}))
			})
		})
	}
}

// The outages of the report, with up to twenty seconds and a hundred thousand records.
func TestLongOutages(t *testing.T) {
	onlyLong(t)
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		for _, plan := range outage.Plans(over) {
			t.Run(plan.String(), func(t *testing.T) {
				r := runPlan(t, plan)
				if plan.Queue >= plan.Records {
					wantNoLoss(t, r)
				} else {
					wantLossCounted(t, r)
				}
			})
		}
	})
}

// runPlan runs a plan with asynclog. The ledger must agree with the records that arrived.
func runPlan(t *testing.T, p outage.Plan) outage.Result {
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
		t.Error("nothing was lost: the queue was large enough")
	}
	if dropped := int64(r.Ledger.DroppedTotal()); dropped != r.Lost {
		t.Errorf("%d records are lost, the ledger counts %d", r.Lost, dropped)
	}
}
