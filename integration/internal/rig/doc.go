// Package rig runs a real OpenTelemetry Collector as a child process, behind a
// network that can be slowed and cut, and reads back what it wrote.
//
//	c, err := rig.NewCollector(dir)    // a configuration with free loopback ports
//	err = c.Start(ctx)                 // until health_check says that it is ready
//	n, err := rig.NewNetwork(c.GRPC)
//	e, err := rig.GRPC.Exporter(ctx, n.Addr)
//	source := rig.NewSource(provider)  // emits records with IDs
//	source.Emit(ctx, 1000)
//	n.Cut()                            // connections end, and new ones are refused
//	err = c.Kill()                     // kill -9
//	err = c.Start(ctx)                 // on the same ports
//	err = n.Restore()
//	err = c.Stop(ctx)                  // SIGTERM: it writes what it holds
//	tally, err := c.Count(1000)        // what it wrote in all its lives
//
// Nothing here knows of package testing, so that programs can use it as well.
package rig
