package integration_test

import (
	"math"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/processor"
)

const mib = 1 << 20

// A batch that is too large for the Collector is sent in parts.
func TestLargeBatchArrivesInParts(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		t.Parallel()
		const records = 200
		c := newCollector(t)
		l := newPipeline(t, newExporter(t, over, over.Addr(c)))
		for i := range records { // 25 MiB, in one batch
			emitSized(t, l, i, mib/8)
		}
		flushAll(t, l)
		wantEachOnce(t, c, records, nil)
		if s := l.processor.Stats(); s.Exported != records {
			t.Errorf("%+v", s)
		}
	})
}

// A record that is too large for any Collector is not sent, and no other record is lost.
func TestGiantRecordIsLostAlone(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, over rig.Protocol) {
		t.Parallel()
		const records, giant = 500, 123
		c := newCollector(t)
		l := newPipeline(t, newExporter(t, over, over.Addr(c)))
		for i := range records {
			size := 10
			if i == giant {
				size = 5 * mib
			}
			emitSized(t, l, i, size)
		}
		flushAll(t, l)
		wantEachOnce(t, c, records, map[int64]bool{giant: true})
		wantLostAs(t, l, processor.ReasonRecordTooLarge, 1)
	})
}

// The same without the limit of the request size: the Collector refuses the batch, which is
// split until the record at fault is alone.
func TestRefusedBatchIsSplit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		over  rig.Protocol
		giant int // more bytes than the Collector accepts
	}{
		{rig.GRPC, 5 * mib},
		{rig.HTTP, 21 * mib},
	} {
		t.Run(c.over.Name, func(t *testing.T) {
			t.Parallel()
			const records, giant = 500, 123
			collector := newCollector(t)
			l := newPipeline(t, newExporter(t, c.over, c.over.Addr(collector)), processor.WithExportMaxBatchBytes(math.MaxInt))
			for i := range records {
				size := 10
				if i == giant {
					size = c.giant
				}
				emitSized(t, l, i, size)
			}
			flushAll(t, l)
			wantEachOnce(t, collector, records, map[int64]bool{giant: true})
			wantLostAs(t, l, processor.ReasonExportFailed, 1)
		})
	}
}

// emitSized emits a record with the given ID and a body of size bytes.
func emitSized(t *testing.T, l *pipeline, id, size int) {
	t.Helper()
	var r log.Record
	r.SetSeverity(log.SeverityInfo)
	r.SetBody(attribute.StringValue(strings.Repeat("x", size)))
	r.AddAttributes(attribute.Int(rig.IDKey, id))
	l.provider.Logger("sized").Emit(t.Context(), r)
}

// flushAll waits until nothing is left in the pipeline, whatever the outcome.
func flushAll(t *testing.T, l *pipeline) {
	t.Helper()
	if err := l.flush(t); err != nil {
		t.Log(err)
	}
	if s := l.processor.Stats(); s.Queued != 0 || s.InFlight != 0 {
		t.Errorf("the pipeline is not empty: %+v", s)
	}
}

// wantEachOnce checks that each record arrived once, except for the missing ones, which
// must not arrive.
func wantEachOnce(t *testing.T, c *rig.Collector, records int64, missing map[int64]bool) {
	t.Helper()
	times := map[int64]int{}
	for _, r := range arrived(t, c) {
		id, _ := r.Attributes().Get(rig.IDKey)
		times[id.Int()]++
	}
	for id := range records {
		want := 1
		if missing[id] {
			want = 0
		}
		if times[id] != want {
			t.Errorf("arrivals of record %d: %d, want %d", id, times[id], want)
		}
	}
}

func wantLostAs(t *testing.T, l *pipeline, reason processor.Reason, n uint64) {
	t.Helper()
	s := l.processor.Stats()
	if len(s.Dropped) != 1 || s.Dropped[0].Reason != reason || s.Dropped[0].Count != n {
		t.Errorf("%+v, want %d lost as %s", s, n, reason)
	}
}
