package rig_test

import (
	"context"
	"fmt"
	"os"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/processor"
)

func Example() {
	if err := example(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 1000 emitted, 1000 exported, 1000 arrived
}

func example() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "rig")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	c, err := rig.NewCollector(dir)
	if err != nil {
		return err
	}
	defer c.Kill()
	if err := c.Start(ctx); err != nil {
		return err
	}
	network, err := rig.NewNetwork(c.HTTP)
	if err != nil {
		return err
	}
	defer network.Cut()
	exporter, err := rig.HTTP.Exporter(ctx, network.Addr)
	if err != nil {
		return err
	}

	p := processor.New(exporter)
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
	source := rig.NewSource(provider)
	source.Emit(ctx, 0, 1000)
	if err := provider.Shutdown(ctx); err != nil {
		return err
	}

	if err := c.Stop(ctx); err != nil {
		return err
	}
	arrivals, err := c.Count(source.Emitted())
	if err != nil {
		return err
	}
	s := p.Stats()
	fmt.Printf("%d emitted, %d exported, %d arrived\n", s.Emitted, s.Exported, arrivals.Distinct())
	return rig.Reconcile(s, source.Emitted(), arrivals.Distinct())
}
