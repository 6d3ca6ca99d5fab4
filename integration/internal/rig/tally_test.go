package rig

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/krunchwrapper/asynclog/processor"
)

// record is what a Collector writes of a source's record.
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

func TestTally(t *testing.T) {
	tally := Tally{}
	for _, id := range []int64{1, 3, 3, 4} {
		if err := tally.add(record(id), 4); err != nil {
			t.Fatal(err)
		}
	}
	if tally.Distinct() != 3 || tally.Duplicates() != 1 {
		t.Errorf("%v", tally)
	}
	if err := tally.add(record(4), 3); err == nil {
		t.Error("a record that nobody emitted was not seen")
	}
}

func TestTallySeesAChangedRecord(t *testing.T) {
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
			if err := (Tally{}).add(r, 1); err == nil {
				t.Error("it was not seen")
			}
		})
	}
}

func TestReconcile(t *testing.T) {
	drop := func(why processor.Reason, n uint64) []processor.Drop {
		return []processor.Drop{{Reason: why, Count: n}}
	}
	for name, c := range map[string]struct {
		stats   processor.Stats
		arrived int64
		good    bool
	}{
		"all arrived":            {processor.Stats{Emitted: 2, Exported: 2}, 2, true},
		"one was dropped":        {processor.Stats{Emitted: 2, Exported: 1, Dropped: drop(processor.ReasonQueueFull, 1)}, 1, true},
		"a timeout that did not": {processor.Stats{Emitted: 2, Exported: 1, Dropped: drop(processor.ReasonExportTimeout, 1)}, 1, true},
		"a timeout that did":     {processor.Stats{Emitted: 2, Exported: 1, Dropped: drop(processor.ReasonExportTimeout, 1)}, 2, true},
		"a failure that did":     {processor.Stats{Emitted: 2, Exported: 1, Dropped: drop(processor.ReasonExportFailed, 1)}, 2, true},
		"the fallback, and did":  {processor.Stats{Emitted: 2, Exported: 1, Fallback: 1}, 2, true},
		"exported, did not":      {processor.Stats{Emitted: 2, Exported: 2}, 1, false},
		"dropped, did":           {processor.Stats{Emitted: 2, Exported: 1, Dropped: drop(processor.ReasonQueueFull, 1)}, 2, false},
		"not in the books":       {processor.Stats{Emitted: 2, Exported: 1}, 1, false},
		"not emitted":            {processor.Stats{Emitted: 1, Exported: 1}, 1, false},
		"still queued":           {processor.Stats{Emitted: 2, Exported: 1, Queued: 1}, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := Reconcile(c.stats, 2, c.arrived); (err == nil) != c.good {
				t.Error(err)
			}
		})
	}
}
