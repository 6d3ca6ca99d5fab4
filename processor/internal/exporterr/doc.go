// Package exporterr finds out what the error of an exporter means: whether a retry may
// succeed, how long the receiver asks to wait, and how many records it rejected.
//
// It depends on no exporter: it recognises their errors by methods, type names and
// texts. An error is the exporter's code, so its methods may panic, block, and wrap
// the error itself; every walk through wrapped errors is bounded.
package exporterr
