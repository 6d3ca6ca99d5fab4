// Package bridges tests that records of other logging libraries reach the processor after
// bridge.Install, in the ways listed in the package documentation of bridge. It is a
// module of its own because of the libraries' dependencies.
package bridges
