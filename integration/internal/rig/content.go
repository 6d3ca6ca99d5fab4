package rig

import (
	"fmt"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/log"
)

// The content of a record is computed from its ID. Of eight records one is DEBUG, one WARN
// and one ERROR.

var severities = [8]log.Severity{
	log.SeverityDebug, log.SeverityInfo, log.SeverityInfo, log.SeverityInfo,
	log.SeverityWarn, log.SeverityInfo, log.SeverityInfo, log.SeverityError,
}

func severityOf(id int64) log.Severity { return severities[id%int64(len(severities))] }

func bodyOf(id int64) string { return "record " + strconv.FormatInt(id, 10) }

// textOf returns 0 to 99 letters. No two records with neighbouring IDs have a text of the
// same length.
func textOf(id int64) string {
	return strings.Repeat(string('a'+rune(id%26)), int(id*37%100))
}

// IDOf returns the record's ID. It returns an error if the record is not from a [Source],
// or if its content does not match its ID.
func IDOf(r Record) (int64, error) {
	value, ok := r.Attributes().Get(IDKey)
	if !ok {
		return 0, fmt.Errorf("a record without ID arrived: %v %q", r.Attributes().AsRaw(), r.Body().AsString())
	}
	id := value.Int()
	text, ok := r.Attributes().Get(textKey)
	switch {
	case !ok:
		return id, fmt.Errorf("record %d arrived without text", id)
	case r.Body().AsString() != bodyOf(id):
		return id, fmt.Errorf("record %d arrived with body %q", id, r.Body().AsString())
	case int(r.SeverityNumber()) != int(severityOf(id)):
		return id, fmt.Errorf("record %d arrived with severity %v", id, r.SeverityNumber())
	case r.SeverityText() != severityOf(id).String():
		return id, fmt.Errorf("record %d arrived with severity text %q", id, r.SeverityText())
	case text.AsString() != textOf(id):
		return id, fmt.Errorf("record %d arrived with text %q", id, text.AsString())
	case r.Scope.Name() != ScopeName:
		return id, fmt.Errorf("record %d arrived with scope %q", id, r.Scope.Name())
	}
	return id, nil
}
