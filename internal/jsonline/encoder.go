package jsonline

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutlog"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
)

// Encoder encodes records. The zero value is ready for use. It is not safe for concurrent
// use.
type Encoder struct {
	buf bytes.Buffer
	exp *stdoutlog.Exporter // writes to buf; nil: not made yet
	rec [1]sdklog.Record

	// The last resource that was checked, and whether it is too deep to be encoded as it
	// is. Nearly all records have the same one.
	resource     *resource.Resource
	resourceDeep bool
}

// maxKept is the capacity up to which the buffer is kept for the next call.
const maxKept = 1 << 20

// Encode returns a line for each of the records, in order. Each ends with a line feed and
// contains no other. The lines are valid until the next call.
func (e *Encoder) Encode(recs []sdklog.Record) []byte {
	if e.buf.Cap() > maxKept {
		e.buf = bytes.Buffer{}
		e.exp = nil
	}
	e.buf.Reset()
	for len(recs) > 0 {
		n := e.shallow(recs)
		begin := e.buf.Len()
		err := e.export(recs[:n])
		if err != nil { // of the first record that has no line
			n = bytes.Count(e.buf.Bytes()[begin:], []byte("\n"))
		}
		recs = recs[n:]
		if len(recs) > 0 {
			e.encodeSafe(&recs[0])
			recs = recs[1:]
		}
	}
	return e.buf.Bytes()
}

// shallow returns how many of the first records are not nested too deeply.
func (e *Encoder) shallow(recs []sdklog.Record) int {
	for i := range recs {
		if r := &recs[i]; e.deepResource(r.Resource()) || deepRecord(r) {
			return i
		}
	}
	return len(recs)
}

func (e *Encoder) deepResource(res *resource.Resource) bool {
	if res != e.resource {
		e.resource, e.resourceDeep = res, false
		for iter := res.Iter(); iter.Next(); {
			e.resourceDeep = e.resourceDeep || deep(iter.Attribute().Value, maxDepth)
		}
	}
	return e.resourceDeep
}

// export appends the lines of the records up to the first that cannot be encoded.
func (e *Encoder) export(recs []sdklog.Record) error {
	if len(recs) == 0 {
		return nil
	}
	if e.exp == nil {
		exp, err := stdoutlog.New(stdoutlog.WithWriter(&e.buf))
		if err != nil {
			return err
		}
		e.exp = exp
	}
	return e.exp.Export(context.Background(), recs)
}

// encodeSafe appends the line of a record that cannot be encoded as it is.
func (e *Encoder) encodeSafe(r *sdklog.Record) {
	defer func() { e.rec[0] = sdklog.Record{} }()
	begin := e.buf.Len()
	if !e.deepResource(r.Resource()) {
		e.rec[0] = safeRecord(r)
		if e.export(e.rec[:]) == nil {
			return
		}
	}
	e.buf.Truncate(begin)
	e.rec[0] = rebuild(r)
	if err := e.export(e.rec[:]); err != nil {
		e.buf.Truncate(begin)
		e.appendText(r, err)
		return
	}
	e.setDropped(begin, r.DroppedAttributes())
}

// setDropped sets the number of dropped attributes in the last line: a record that was
// built anew has none, and no method sets it.
func (e *Encoder) setDropped(begin, dropped int) {
	line := e.buf.Bytes()[begin:]
	if rest, ok := bytes.CutSuffix(line, []byte(`"DroppedAttributes":0}`+"\n")); ok && dropped > 0 {
		e.buf.Truncate(begin + len(rest))
		fmt.Fprintf(&e.buf, `"DroppedAttributes":%d}`+"\n", dropped)
	}
}

// appendText appends a line that has the record's severity and body only. No record is
// known that needs it.
func (e *Encoder) appendText(r *sdklog.Record, err error) {
	type value struct{ Type, Value string }
	line, _ := json.Marshal(struct { // texts and numbers: always possible
		Severity     int
		SeverityText string
		Body         value
		Error        string
	}{int(r.Severity()), r.SeverityText(), value{"STRING", limit(r.Body(), maxDepth).String()}, err.Error()})
	e.buf.Write(append(line, '\n'))
}
