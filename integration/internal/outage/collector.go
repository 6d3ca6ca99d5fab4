package outage

import (
	"context"
	"errors"
	"os"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
)

// withCollector starts a Collector, runs f with it, and kills it afterwards.
func withCollector(ctx context.Context, f func(*rig.Collector) error) (err error) {
	dir, err := os.MkdirTemp("", "outage")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	c, err := rig.NewCollector(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Kill()) }()
	if err := c.Start(ctx); err != nil {
		return err
	}
	return f(c)
}
