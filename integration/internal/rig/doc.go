// Package rig runs a real OpenTelemetry Collector as a child process, behind a network
// that can be slow or cut, and reads the records that the Collector wrote.
//
//	c, err := rig.NewCollector(dir)    // a configuration with free loopback ports
//	err = c.Start(ctx)                 // waits until health_check reports ready
//	n, err := rig.NewNetwork(c.GRPC)
//	e, err := rig.GRPC.Exporter(ctx, n.Addr)
//	source := rig.NewSource(provider)  // emits records with IDs
//	source.Emit(ctx, 0, 1000)
//	n.Cut()                            // ends connections and refuses new ones
//	err = c.Kill()                     // SIGKILL
//	err = c.Start(ctx)                 // on the same ports
//	err = n.Restore()
//	err = c.Stop(ctx)                  // SIGTERM: the Collector writes the records it holds
//	arrivals, err := c.Count(1000)     // the records written since the first start
//
// The package does not use package testing, so programs can use it as well.
package rig
