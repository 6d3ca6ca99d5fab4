package rig

import (
	"os"
	"path/filepath"
	"testing"
)

const (
	lineOne = `{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},` +
		`"scopeLogs":[{"scope":{"name":"n"},"logRecords":[{"body":{"stringValue":"one"}},{"body":{"stringValue":"two"}}]}]}]}`
	lineTwo = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"three"}}]}]}]}`
)

func TestEachRecord(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		bodies int // -1: an error
	}{
		"empty":                     {"", 0},
		"whole":                     {lineOne + "\n" + lineTwo + "\n", 3},
		"without the last newline":  {lineOne + "\n" + lineTwo, 3},
		"the last line is cut":      {lineOne + "\n" + lineTwo[:len(lineTwo)/2], 2},
		"the only line is cut":      {lineOne[:10], 0},
		"a line in between is cut":  {lineOne[:50] + "\n" + lineTwo + "\n", -1},
		"the last, ended, is wrong": {lineOne + "\n" + lineTwo[:20] + "\n", -1},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "logs.jsonl")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			n := 0
			err := eachRecord(path, func(Record) { n++ })
			if (err != nil) != (c.bodies < 0) {
				t.Fatal(err)
			}
			if err == nil && n != c.bodies {
				t.Errorf("%d records, want %d", n, c.bodies)
			}
		})
	}
}

func TestRecordsHaveResourceAndScope(t *testing.T) {
	path := filepath.Join(t.TempDir(), "logs.jsonl")
	if err := os.WriteFile(path, []byte(lineOne+"\n"+lineTwo), 0o600); err != nil {
		t.Fatal(err)
	}
	var records []Record
	if err := eachRecord(path, func(r Record) { records = append(records, r) }); err != nil {
		t.Fatal(err)
	}
	service, _ := records[1].Resource.Attributes().Get("service.name")
	if records[1].Body().AsString() != "two" || records[1].Scope.Name() != "n" || service.AsString() != "s" {
		t.Errorf("%+v", records[1])
	}
	if records[2].Scope.Name() != "" || records[2].Resource.Attributes().Len() != 0 {
		t.Errorf("%+v", records[2])
	}
}
