// Package bridges tests that other logging libraries reach the processor once
// bridge.Install has been called, each in the way that the table in the package
// documentation of bridge says. It is a module of its own because of their
// dependencies.
package bridges
