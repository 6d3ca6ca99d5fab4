package rig

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// record returns a record of a source as a Collector writes it.
func record(id int64) Record {
	r := Record{LogRecord: plog.NewLogRecord(), Scope: pcommon.NewInstrumentationScope()}
	r.Scope.SetName(ScopeName)
	r.Body().SetStr(bodyOf(id))
	r.SetSeverityNumber(plog.SeverityNumber(severityOf(id)))
	r.SetSeverityText(severityOf(id).String())
	r.Attributes().PutInt(IDKey, id)
	r.Attributes().PutStr(textKey, textOf(id))
	return r
}

func TestArrivals(t *testing.T) {
	arrivals := Arrivals{}
	for _, id := range []int64{1, 3, 3, 4} {
		if err := arrivals.add(record(id), 4); err != nil {
			t.Fatal(err)
		}
	}
	if arrivals.Distinct() != 3 || arrivals.Duplicates() != 1 {
		t.Errorf("%v", arrivals)
	}
	if err := arrivals.add(record(4), 3); err == nil {
		t.Error("a record that was not emitted was counted")
	}
}

func TestArrivalsDetectAChangedRecord(t *testing.T) {
	for name, change := range map[string]func(Record){
		"body":          func(r Record) { r.Body().SetStr("else") },
		"severity":      func(r Record) { r.SetSeverityNumber(plog.SeverityNumberFatal) },
		"severity text": func(r Record) { r.SetSeverityText("") },
		"text":          func(r Record) { r.Attributes().PutStr(textKey, "else") },
		"no text":       func(r Record) { r.Attributes().Remove(textKey) },
		"no ID":         func(r Record) { r.Attributes().Remove(IDKey) },
		"scope":         func(r Record) { r.Scope.SetName("else") },
	} {
		t.Run(name, func(t *testing.T) {
			r := record(1)
			change(r)
			if err := (Arrivals{}).add(r, 1); err == nil {
				t.Error("the change was not detected")
			}
		})
	}
}
