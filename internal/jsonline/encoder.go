package jsonline

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutlog"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/panictext"
)

// Encoder encodes records. The zero value is ready for use. It is not safe for concurrent
// use.
type Encoder struct {
	buf bytes.Buffer
	exp *stdoutlog.Exporter // writes to buf; nil: not made yet

	// The last resource that was examined. Nearly all records have the same one.
	resource safeResource
}

// maxKept is the capacity up to which Release keeps the buffer, which for each usual batch
// would have to be allocated again.
const maxKept = 3 << 19

// Encode returns a line for each of the records, in order. Each ends with a line feed and
// contains no other. The lines are valid until the next call of a method.
func (e *Encoder) Encode(recs []sdklog.Record) []byte {
	lines, _ := e.EncodeSome(recs, math.MaxInt)
	return lines
}

// EncodeSome is Encode for the first n records: those whose lines have size bytes or more
// together, or all of them. So it returns less than size bytes and one line more.
func (e *Encoder) EncodeSome(recs []sdklog.Record, size int) (lines []byte, n int) {
	e.buf.Reset()
	for n < len(recs) && (n == 0 || e.buf.Len() < size) {
		begin := e.buf.Len()
		if err := e.export(recs[n : n+1]); err != nil {
			e.buf.Truncate(begin)
			e.encodeSafe(&recs[n])
		}
		n++
	}
	return e.buf.Bytes(), n
}

// Release returns the memory of the lines if it is large.
func (e *Encoder) Release() {
	if e.buf.Cap() > maxKept {
		e.buf = bytes.Buffer{}
	}
}

// export appends the line of one record, if stdoutlog can encode it. Its metrics, which are
// experimental and off by default, are the program's code: a panic in them is an error.
func (e *Encoder) export(rec []sdklog.Record) (err error) {
	r := &rec[0]
	if e.resource.examine(r.Resource()); !e.resource.plain || deepRecord(r) {
		return errDeep
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("jsonline: %s", panictext.Of(v))
		}
	}()
	if e.exp == nil {
		// An error is about its metrics only: the exporter works without them.
		if e.exp, err = stdoutlog.New(stdoutlog.WithWriter(&e.buf)); e.exp == nil {
			return err
		}
	}
	return e.exp.Export(context.Background(), rec)
}

// encodeSafe appends the line of a record that cannot be encoded as it is.
func (e *Encoder) encodeSafe(r *sdklog.Record) {
	begin := e.buf.Len()
	if err := json.NewEncoder(&e.buf).Encode(newSafeLine(r, e.resource.json)); err != nil {
		e.buf.Truncate(begin) // no record is known for which this happens
		e.appendText(r, err)
	}
}

// appendText appends a line that has the record's severity and body only.
func (e *Encoder) appendText(r *sdklog.Record, err error) {
	type value struct{ Type, Value string }
	line, _ := json.Marshal(struct { // texts and numbers: always possible
		Severity     int
		SeverityText string
		Body         value
		Error        string
	}{int(r.Severity()), r.SeverityText(), value{"STRING", safeValue(r.Body(), maxDepth).String()}, err.Error()})
	e.buf.Write(append(line, '\n'))
}
