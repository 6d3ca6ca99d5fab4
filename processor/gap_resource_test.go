package processor

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
)

// Readers find the gap record among the records of the service that lost some.
func TestGapRecordHasTheLostRecordsResource(t *testing.T) {
	mine := resource.NewSchemaless(attribute.String("service.name", "mine"))
	other := resource.NewSchemaless(attribute.String("service.name", "other"))
	logTo := func(p *Processor, res *resource.Resource, bodies ...string) {
		logger := sdklog.NewLoggerProvider(sdklog.WithProcessor(p), sdklog.WithResource(res)).Logger("test")
		for _, b := range bodies {
			var r log.Record
			r.SetSeverity(log.SeverityInfo)
			r.SetBody(attribute.StringValue(b))
			logger.Emit(context.Background(), r)
		}
	}
	for name, tc := range map[string]struct {
		lost []*resource.Resource
		want []string
	}{
		"one":     {[]*resource.Resource{mine, mine, mine}, []string{"mine"}},
		"another": {[]*resource.Resource{other}, []string{"other"}},
		"both":    {[]*resource.Resource{mine, other, mine, other}, []string{"mine", "other"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, e, release := lossy(t)
				for _, res := range tc.lost {
					logTo(p, res, "lost")
				}
				release()
				synctest.Wait()
				all := gapsOf(e)
				var got []string
				for i := range all {
					service, _ := all[i].Resource().Set().Value("service.name")
					got = append(got, service.AsString())
					counts := gapAttributes(&all[i])
					resources := any(int64(len(tc.want)))
					if len(tc.want) == 1 {
						resources = nil
					}
					if counts["lost"] != int64(len(tc.lost)) || counts["resources"] != resources {
						t.Errorf("it reports %v", counts)
					}
				}
				if !slices.Equal(got, tc.want) {
					t.Errorf("gap records of %q, want %q", got, tc.want)
				}
				if n := p.Stats().GapRecords; n != 1 {
					t.Errorf("%d exports of gap records, want 1", n)
				}
			})
		})
	}
}

// The resources of a gap record that was not accepted are kept for the next one.
func TestGapRecordKeepsTheResourceOfItsFirstAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l ledger
		g := newGapTracker(&l)
		lose := func(service string) {
			r := ownRecord(resource.NewSchemaless(attribute.String("service.name", service)), &log.Record{})
			g.noteResource(r.Resource())
			l.drop(queueFull, 0, 1, false)
		}
		services := func(n *gap) (out []string) {
			for _, res := range n.resources {
				v, _ := res.Set().Value("service.name")
				out = append(out, v.AsString())
			}
			return out
		}
		lose("a")
		n, _ := g.begin(false)
		lose("b")
		lose("a")
		if _, ok := g.begin(true); ok {
			t.Error("two at the same time")
		}
		g.end(n, false)
		if _, ok := g.begin(false); ok {
			t.Error("another at once")
		}
		time.Sleep(gapInterval)
		n, ok := g.begin(false)
		if !ok || !slices.Equal(services(n), []string{"a", "b"}) || n.lost.total() != 3 {
			t.Errorf("%v of %v, want three of a and b", n.lost.total(), services(n))
		}
		g.end(n, true)
		time.Sleep(time.Hour)
		if _, ok := g.begin(true); ok {
			t.Error("reported twice")
		}
		for i := range 3 * maxGapResources { // bounded
			lose(strings.Repeat("x", i))
		}
		if n, _ := g.begin(false); len(n.resources) != maxGapResources || n.lost.total() != 3*maxGapResources {
			t.Errorf("%d resources of %d records", len(n.resources), n.lost.total())
		}
	})
}

// A record that the fallback writes after a gap record was made is in the next one, which
// then has the resource of that record, whatever was exported meanwhile.
func TestGapRecordHasTheResourceOfALateFallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		emitAs := func(p *Processor, service string, s log.Severity) {
			r := ownRecord(resource.NewSchemaless(attribute.String("service.name", service)), &log.Record{})
			r.SetSeverity(s)
			p.OnEmit(t.Context(), &r)
		}
		w := newGatedWriter()
		p, e, release := lossy(t, WithFallback(w))
		emitAs(p, "mine", log.SeverityError)
		emitAs(p, "other", log.SeverityInfo)
		release()
		synctest.Wait() // the first gap record: the fallback has written nothing yet
		close(w.open)
		synctest.Wait()
		time.Sleep(gapInterval)
		emitAs(p, "other", log.SeverityInfo)
		_ = p.ForceFlush(t.Context())
		synctest.Wait()

		all := gapsOf(e)
		last := &all[len(all)-1]
		service, _ := last.Resource().Set().Value("service.name")
		if got := gapAttributes(last); service.AsString() != "mine" || got["fallback"] != int64(1) || got["lost"] != int64(0) {
			t.Errorf("the last of %d gap records has resource %q and reports %v, want the record of mine that was written", len(all), service.AsString(), got)
		}
	})
}
