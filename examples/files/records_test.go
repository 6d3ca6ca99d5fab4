package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// record is the part of an output line that the tests check.
type record struct {
	Severity   int
	EventName  string
	Body       struct{ Value string }
	Attributes []attr
	Resource   []attr
}

type attr struct {
	Key   string
	Value struct{ Value any }
}

func (r *record) attr(key string) any { return find(r.Attributes, key) }

func find(attrs []attr, key string) any {
	for _, a := range attrs {
		if a.Key == key {
			return a.Value.Value
		}
	}
	return nil
}

func parseRecords(t *testing.T, lines string) []record {
	t.Helper()
	var records []record
	for line := range strings.Lines(lines) {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("line %d: %v: %s", len(records)+1, err, line)
		}
		records = append(records, r)
	}
	return records
}

// phasesOf returns the phases of a document in the order of their lines.
func phasesOf(records []record, document string) []string {
	var phases []string
	for i := range records {
		if records[i].EventName == "asynclog.phase" && records[i].attr("document") == document {
			phase, _ := records[i].attr("asynclog.phase").(string)
			phases = append(phases, phase)
		}
	}
	return phases
}
