package fallback

import (
	"bytes"
	"context"
	"encoding/json"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutlog"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// encoder encodes records as JSON lines in the form of the stdoutlog exporter, which does
// the work. That exporter does not get the writer itself: after a failed write it never
// writes again.
type encoder struct {
	buf bytes.Buffer
	exp *stdoutlog.Exporter
	rec [1]sdklog.Record
}

// encode returns the record's line, which is valid until the next call.
func (e *encoder) encode(r *sdklog.Record) ([]byte, error) {
	if e.exp == nil {
		exp, err := stdoutlog.New(stdoutlog.WithWriter(&e.buf))
		if err != nil {
			return nil, err
		}
		e.exp = exp
	}
	defer func() { e.rec[0] = sdklog.Record{} }()

	e.buf.Reset()
	e.rec[0] = *r
	err := e.exp.Export(context.Background(), e.rec[:])
	if err == nil {
		return e.buf.Bytes(), nil
	}
	// JSON has no NaN and no infinity. A critical record must not be lost because of that.
	e.buf.Reset()
	e.rec[0] = jsonSafe(r)
	err = e.exp.Export(context.Background(), e.rec[:])
	return e.buf.Bytes(), err
}

// jsonSafe returns a copy of the record in which values without a JSON form are replaced
// by their text.
func jsonSafe(r *sdklog.Record) sdklog.Record {
	safe := func(v attribute.Value) attribute.Value {
		if _, err := json.Marshal(v); err != nil {
			return attribute.StringValue(v.String())
		}
		return v
	}
	attrs := make([]attribute.KeyValue, 0, r.AttributesLen())
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		attrs = append(attrs, attribute.KeyValue{Key: kv.Key, Value: safe(kv.Value)})
		return true
	})
	c := r.Clone()
	c.AddAttributes(attrs...) // replaces all, as the keys are the same
	if c.AttributesLen() != r.AttributesLen() || c.DroppedAttributes() != r.DroppedAttributes() {
		// The record contains a key twice. SetAttributes keeps both, but forgets how many
		// attributes were dropped from the record.
		c.SetAttributes(attrs...)
	}
	c.SetBody(safe(r.Body()))
	return c
}
