package outage

import (
	"context"
	"time"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
)

// Trouble is what happens to the Collector or on the way to it.
type Trouble struct {
	Name string

	happen func(ctx context.Context, c *rig.Collector, n *rig.Network) error
}

// Killed is the end of a Collector by kill -9, and a new start after a time. The
// network is cut first, so that it has written out what it has acknowledged: what a
// Collector loses after that is not for a client to know.
func Killed(down time.Duration) Trouble {
	return Trouble{
		Name: "Collector killed, down for " + down.String(),
		happen: func(ctx context.Context, c *rig.Collector, n *rig.Network) error {
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

// Poisoned is a network with faults for a time. The name says which.
func Poisoned(name string, during time.Duration, toxics ...rig.Toxic) Trouble {
	return Trouble{
		Name: name + " for " + during.String(),
		happen: func(ctx context.Context, _ *rig.Collector, n *rig.Network) error {
			if err := n.Poison(toxics...); err != nil {
				return err
			}
			if err := sleep(ctx, during); err != nil {
				return err
			}
			n.Heal()
			return nil
		},
	}
}

// None is no trouble at all.
var None = Trouble{
	Name:   "nothing",
	happen: func(context.Context, *rig.Collector, *rig.Network) error { return nil },
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
