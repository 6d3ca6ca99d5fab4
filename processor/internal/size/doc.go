// Package size computes how many bytes a log record takes on the wire: as the LogRecord
// message of OTLP 1.x in protobuf, which is what receivers limit and networks carry. It
// counts and encodes nothing, so a record with scalar attributes costs no allocation.
//
// The size of a record is exact for the stock OTLP exporters (v0.23). It does not
// contain what a request has once: the resource and the scopes of its records. A
// [Splitter] counts those too.
package size
