package processor

import (
	"bytes"
	"context"
	"encoding/json"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutlog"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// lineEncoder turns records into JSON lines in the form of the stdoutlog
// exporter, whose encoder it is. That exporter is not given the writer itself:
// after one failed write its encoder never writes again.
type lineEncoder struct {
	buf bytes.Buffer
	exp *stdoutlog.Exporter
	rec [1]sdklog.Record
}

// encode returns the record's line, which is valid until the next call.
func (e *lineEncoder) encode(r *sdklog.Record) ([]byte, error) {
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
	// JSON has no NaN and no infinity. A critical record is not lost for that.
	e.buf.Reset()
	e.rec[0] = speakable(r)
	err = e.exp.Export(context.Background(), e.rec[:])
	return e.buf.Bytes(), err
}

// speakable returns a copy of the record in which values that have no JSON form
// are replaced by their text.
func speakable(r *sdklog.Record) sdklog.Record {
	text := func(v attribute.Value) attribute.Value {
		if _, err := json.Marshal(v); err != nil {
			return attribute.StringValue(v.String())
		}
		return v
	}
	attrs := make([]attribute.KeyValue, 0, r.AttributesLen())
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		attrs = append(attrs, attribute.KeyValue{Key: kv.Key, Value: text(kv.Value)})
		return true
	})
	c := r.Clone()
	c.AddAttributes(attrs...) // replaces all, as the keys are the same
	if c.AttributesLen() != r.AttributesLen() || c.DroppedAttributes() != r.DroppedAttributes() {
		// The keys may repeat in this record. This forgets how many attributes
		// had been dropped from it.
		c.SetAttributes(attrs...)
	}
	c.SetBody(text(r.Body()))
	return c
}
