package fallback

import (
	"math"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/processor/internal/size"
)

// entryBytes is more than an entry takes without the content of its record, and without
// its line: its own size, of which a list of them that has grown may take twice as much.
const entryBytes = 1536

// Entry is a record on its way to the writer.
type Entry struct {
	Kind     Kind
	Severity log.Severity       // of the record
	Resource *resource.Resource // of the record; nil for a notice
	// Cause and Submitted are the caller's own account of a lost record: why it is lost,
	// and whether it was submitted to an exporter before.
	Cause     uint8
	Submitted bool

	record sdklog.Record // empty if there is a line
	line   []byte
	bytes  int // that it takes in memory
}

// Kind is what an entry means for the ledger.
type Kind uint8

// The kinds.
const (
	Lost   Kind = iota // the record is nowhere else: the ledger counts it as pending
	Copy               // the record is in the queue as well
	Notice             // the record is the processor's own
)

// NewLost returns the entry of a lost record, which it copies.
func NewLost(r *sdklog.Record, cause uint8, submitted bool) Entry {
	e := newEntry(Lost, r, MaxLine)
	e.Cause, e.Submitted = cause, submitted
	return e
}

// NewLostCopy returns the entry of a lost record that is a copy already. It does the least
// work, for callers that hold a mutex: the entry keeps the record, however large it is.
func NewLostCopy(r *sdklog.Record, cause uint8, submitted bool) Entry {
	return Entry{
		Severity: r.Severity(), Resource: r.Resource(), Cause: cause, Submitted: submitted,
		record: *r, bytes: entryBytes + size.InMemory(r, math.MaxInt),
	}
}

// newEntry returns an entry whose line is at most limit bytes long. It keeps a copy of a
// small record, which costs a caller little. Of one that is larger than its line it keeps
// the line: a copy would keep all of the record, and the line takes the same time to write
// however large the record is.
func newEntry(kind Kind, r *sdklog.Record, limit int) Entry {
	e := Entry{Kind: kind, Severity: r.Severity(), Resource: r.Resource()}
	held := size.InMemory(r, limit)
	if held <= limit {
		e.record = r.Clone()
		e.bytes = entryBytes + held
		return e
	}
	c := contentOfRecord(r)
	e.setLine(&c, limit)
	return e
}

func newNotice(r *log.Record, scope string) Entry {
	e := Entry{Kind: Notice, Severity: r.Severity()}
	c := contentOfNotice(r, scope)
	e.setLine(&c, MaxShortLine)
	return e
}

func (e *Entry) setLine(c *content, limit int) {
	e.line = appendLine(make([]byte, 0, limit), c, limit)
	e.bytes = entryBytes + limit
}

// appendLine appends the entry's line.
func (e *Entry) appendLine(b []byte) []byte {
	if e.line != nil {
		return append(b, e.line...)
	}
	c := contentOfRecord(&e.record)
	if e.Kind == Lost {
		return appendLine(b, &c, MaxLine)
	}
	return appendLine(b, &c, MaxShortLine)
}
