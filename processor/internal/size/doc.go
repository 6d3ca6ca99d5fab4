// Package size tells how many bytes a log record takes on the wire: as the LogRecord
// message of OTLP 1.x in protobuf, which is what receivers limit and networks carry.
// It counts and encodes nothing, so a record of scalar attributes costs no
// allocation.
//
// The figure is exact for the stock OTLP exporters (v0.23). What a batch has once, its
// resource and scopes, is not in it.
package size
