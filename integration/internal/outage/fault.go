package outage

import (
	"context"
	"time"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
)

// Fault is a fault of the Collector or of the network to it.
type Fault struct {
	Name string

	inject func(ctx context.Context, c *rig.Collector, n *rig.Network) error
}

// Kill kills the Collector with SIGKILL and starts it again after a time. The network is
// cut first, so that the Collector has written the records that it has acknowledged: no
// client could detect the loss of those.
func Kill(down time.Duration) Fault {
	return Fault{
		Name: "Collector killed, down for " + down.String(),
		inject: func(ctx context.Context, c *rig.Collector, n *rig.Network) error {
			n.Cut()
			if err := sleep(ctx, rig.FlushTime); err != nil {
				return err
			}
			if err := c.Kill(); err != nil {
				return err
			}
			if err := sleep(ctx, down); err != nil {
				return err
			}
			if err := c.Start(ctx); err != nil {
				return err
			}
			return n.Restore()
		},
	}
}

// Faulty injects faults into the network for a time. The name describes them.
func Faulty(name string, during time.Duration, toxics ...rig.Toxic) Fault {
	return Fault{
		Name: name + " for " + during.String(),
		inject: func(ctx context.Context, _ *rig.Collector, n *rig.Network) error {
			if err := n.AddFaults(toxics...); err != nil {
				return err
			}
			if err := sleep(ctx, during); err != nil {
				return err
			}
			n.ClearFaults()
			return nil
		},
	}
}

// None is no fault.
var None = Fault{
	Name:   "nothing",
	inject: func(context.Context, *rig.Collector, *rig.Network) error { return nil },
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
