package otlpwire

import (
	"encoding/binary"
	"math"
	"time"
)

// The tags of the messages' fields: the number and the wire type.
const (
	LogTime              = 1<<3 | fixed64
	LogSeverityNumber    = 2<<3 | varint
	LogSeverityText      = 3<<3 | length
	LogBody              = 5<<3 | length
	LogAttributes        = 6<<3 | length
	LogDroppedAttributes = 7<<3 | varint
	LogFlags             = 8<<3 | fixed32
	LogTraceID           = 9<<3 | length
	LogSpanID            = 10<<3 | length
	LogObservedTime      = 11<<3 | fixed64
	LogEventName         = 12<<3 | length

	ResourceLogsResource  = 1<<3 | length
	ResourceLogsScopeLogs = 2<<3 | length
	ResourceLogsSchemaURL = 3<<3 | length
	ResourceAttributes    = 1<<3 | length

	ScopeLogsScope     = 1<<3 | length
	ScopeLogRecords    = 2<<3 | length
	ScopeLogsSchemaURL = 3<<3 | length
	ScopeName          = 1<<3 | length
	ScopeVersion       = 2<<3 | length
	ScopeAttributes    = 3<<3 | length

	RequestResourceLogs = 1<<3 | length

	KeyValueKey   = 1<<3 | length
	KeyValueValue = 2<<3 | length
	ListValues    = 1<<3 | length // of ArrayValue and KeyValueList

	ValueString = 1<<3 | length
	ValueBool   = 2<<3 | varint
	ValueInt    = 3<<3 | varint
	ValueDouble = 4<<3 | fixed64
	ValueArray  = 5<<3 | length
	ValueMap    = 6<<3 | length
	ValueBytes  = 7<<3 | length
)

// The wire types.
const (
	varint  = 0
	fixed64 = 1
	length  = 2
	fixed32 = 5
)

// MaxSeverity is the highest severity number there is, FATAL4.
const MaxSeverity = 24

// AppendTime appends a time in nanoseconds since 1970. The zero time, and one before
// 1970, is the field's default, and nothing is appended.
func AppendTime(b []byte, tag byte, t time.Time) []byte {
	ns := t.UnixNano() // of the zero time: negative
	if ns <= 0 {
		return b
	}
	return binary.LittleEndian.AppendUint64(append(b, tag), uint64(ns))
}

// AppendSeverity appends a severity number. One outside of 1 … 24 has no name in
// OTLP, so it is left unspecified, and nothing is appended.
func AppendSeverity(b []byte, severity int) []byte {
	if severity <= 0 || severity > MaxSeverity {
		return b
	}
	return append(b, LogSeverityNumber, byte(severity))
}

// AppendUint32 appends a number, cut to the range of a uint32. Nothing is appended
// for 0 and less.
func AppendUint32(b []byte, tag byte, n int) []byte {
	if n <= 0 {
		return b
	}
	return AppendVarint(append(b, tag), min(uint64(n), math.MaxUint32))
}

// AppendFlags appends the trace flags. Nothing is appended for 0.
func AppendFlags(b []byte, flags byte) []byte {
	if flags == 0 {
		return b
	}
	return append(b, LogFlags, flags, 0, 0, 0)
}

// AppendTraceID appends a trace ID. Nothing is appended for the zero one.
func AppendTraceID(b []byte, id [16]byte) []byte {
	if id == [16]byte{} {
		return b
	}
	return append(append(b, LogTraceID, 16), id[:]...)
}

// AppendSpanID appends a span ID. Nothing is appended for the zero one.
func AppendSpanID(b []byte, id [8]byte) []byte {
	if id == [8]byte{} {
		return b
	}
	return append(append(b, LogSpanID, 8), id[:]...)
}
