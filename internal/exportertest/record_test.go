package exportertest_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

func TestRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Second)
		r := exportertest.Record(log.SeverityWarn, "text", attribute.String("k", "v"), attribute.Int("n", 1))
		if now := time.Now(); !r.Timestamp().Equal(now) || !r.ObservedTimestamp().Equal(now) {
			t.Errorf("times %v and %v, want %v", r.Timestamp(), r.ObservedTimestamp(), now)
		}
		if r.Severity() != log.SeverityWarn || r.Body().AsString() != "text" {
			t.Errorf("severity %v, body %v", r.Severity(), r.Body())
		}
		wantCount(t, "attributes", r.AttributesLen(), 2)
		if r.Resource() == nil || r.InstrumentationScope().Name == "" {
			t.Error("no resource or no scope")
		}
	})
}

// TestRecordKeepsAttributes guards against the limit of zero of a zero record,
// and against sharing memory between records made from one template.
func TestRecordKeepsAttributes(t *testing.T) {
	attrs := make([]attribute.KeyValue, 200)
	for i := range attrs {
		attrs[i] = attribute.Int(strconv.Itoa(i), i)
	}
	a := exportertest.Record(log.SeverityInfo, "a", attrs...)
	b := exportertest.Record(log.SeverityInfo, "b")
	b.AddAttributes(attribute.Bool("own", true))
	wantCount(t, "attributes of the one", a.AttributesLen(), 200)
	wantCount(t, "dropped of the one", a.DroppedAttributes(), 0)
	wantCount(t, "attributes of the other", b.AttributesLen(), 1)
}
