package fallback

import (
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// Entry is a record on its way to the writer.
type Entry struct {
	Kind Kind
	// Record is empty for a notice.
	Record sdklog.Record
	// Cause and Submitted are the caller's own account of a lost record: why it is lost,
	// and whether it was submitted to an exporter before.
	Cause     uint8
	Submitted bool

	notice func() sdklog.Record // makes the record of a notice
}

// Kind is what an entry means for the ledger.
type Kind uint8

// The kinds.
const (
	Lost   Kind = iota // the record is nowhere else: the ledger counts it as pending
	Copy               // the record is in the queue as well
	Notice             // the record is the processor's own
)
