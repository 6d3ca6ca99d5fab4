// Package errortest contains errors for tests: those of the stock exporters, which have
// unexported types, and errors that behave badly.
package errortest
