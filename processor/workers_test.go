package processor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// startWith starts a processor with several exporters, which the test made.
func startWith(t *testing.T, exporters []*exportertest.Exporter, opts ...Option) *Processor {
	t.Helper()
	more := make([]sdklog.Exporter, len(exporters)-1)
	for i, e := range exporters[1:] {
		more[i] = e
	}
	return start(t, exporters[0], append([]Option{
		WithExporters(more...), WithFallback(nil), WithExportTimeout(time.Hour),
	}, opts...)...)
}

func exporters(n int, opts ...exportertest.Option) []*exportertest.Exporter {
	all := make([]*exportertest.Exporter, n)
	for i := range all {
		all[i] = exportertest.New(opts...)
	}
	return all
}

// wantEachOnce checks that the exporters together accepted these bodies, each once.
func wantEachOnce(t testing.TB, all []*exportertest.Exporter, want []string) {
	t.Helper()
	var got []string
	for _, e := range all {
		got = append(got, e.Bodies()...)
	}
	slices.Sort(got)
	want = slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("%d records taken, want each of %d once", len(got), len(want))
	}
}

func TestExportersWorkInParallel(t *testing.T) {
	for _, n := range []int{1, 2, 3, 8} {
		t.Run(fmt.Sprintf("exporters=%d", n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const batch, rounds = 4, 6
				all := exporters(n, exportertest.WithDelay(10*time.Millisecond))
				p := startWith(t, all, WithExportMaxBatchSize(batch))
				bodies := bodyRange(0, n*rounds*batch)
				begun := time.Now()
				emit(p, log.SeverityInfo, bodies...)
				if err := p.ForceFlush(t.Context()); err != nil {
					t.Error(err)
				}
				if took := time.Since(begun).Round(time.Millisecond); took != rounds*10*time.Millisecond {
					t.Errorf("%d batches by %d exporters took %v, want %v", n*rounds, n, took, rounds*10*time.Millisecond)
				}
				wantEachOnce(t, all, bodies)
				s := p.Stats()
				for i, x := range s.Exporters {
					if x.Exports != rounds || x.Exported != rounds*batch || x.Failures != 0 || x.Failing || x.InFlight != 0 ||
						x.Duration.Round(time.Millisecond) != rounds*10*time.Millisecond {
						t.Errorf("exporter %d: %+v, want its share", i, x)
					}
				}
			})
		})
	}
}

// Eight exporters, of which one refuses at once and so is always free. Without a pause it
// would get nearly everything. The others take what it refuses.
func TestExporterThatRefusesAtOnceDoesNotSwallowTheTraffic(t *testing.T) {
	for _, tc := range []struct {
		name  string
		every time.Duration // between batches
		n     int           // batches
		most  int           // of those, for the exporter that refuses
	}{
		// After 0, 0.1, 0.25, 0.5, 0.8, 1.3, 2.1, 3.2, 4.9, 7.5, 10.8 seconds, give or take a half.
		{"busy", 2 * time.Millisecond, 5000, 16},
		// There is always a healthy one available.
		{"one a second", time.Second, 300, 1},
		{"hardly any", 30 * time.Second, 100, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				all := exporters(7, exportertest.WithDelay(10*time.Millisecond), exportertest.WithoutRecords())
				refuses := failing(errors.New("refused"), exportertest.WithoutRecords())
				p := startWith(t, append([]*exportertest.Exporter{refuses}, all...), WithExportMaxBatchSize(2))
				emit(p, log.SeverityInfo, bodyRange(0, 2*8)...) // one for each
				for range tc.n - 8 {
					emit(p, log.SeverityInfo, "a", "b")
					time.Sleep(tc.every)
				}
				_ = p.ForceFlush(t.Context())
				if got := refuses.Exports(); got < 1 || got > tc.most {
					t.Errorf("%d of %d batches for the exporter that refuses, want at most %d", got, tc.n, tc.most)
				}
				s := p.Stats()
				if want := uint64(2 * tc.n); s.Exported != want {
					t.Errorf("%d records exported, want all: %d", s.Exported, want)
				}
				for i, x := range s.Exporters {
					if refused := i == 0; x.Failing != refused || (x.LastError != "") != refused {
						t.Errorf("exporter %d: %+v", i, x)
					}
				}
			})
		})
	}
}

// Without a healthy exporter there is none to leave the batches to, so none pauses.
func TestExportersThatAllFailDoNotPause(t *testing.T) {
	for _, n := range []int{1, 2, 3} {
		t.Run(fmt.Sprintf("exporters=%d", n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				captureErrors(t)
				all := make([]*exportertest.Exporter, n)
				for i := range all {
					all[i] = failing(errors.New("refused"))
				}
				p := startWith(t, all, once, WithExportMaxBatchSize(1))
				begun := time.Now()
				for range 200 {
					emit(p, log.SeverityInfo, "x")
					synctest.Wait()
				}
				_ = p.ForceFlush(t.Context())
				if took := time.Since(begun); took > defaultInitialInterval {
					t.Errorf("it took %v", took)
				}
				wantDropped(t, p, Drop{ReasonExportFailed, log.SeverityInfo, 200})
			})
		})
	}
}

// An exporter that has recovered is found when the others cannot keep up, and then does
// its share again.
func TestExporterThatRecoversDoesItsShareAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		all := exporters(2, exportertest.WithDelay(10*time.Millisecond), exportertest.WithoutRecords())
		p := startWith(t, all, WithExportMaxBatchSize(2), WithMaxQueueSize(10_000))
		all[0].FailNext(10, errors.New("refused")) // 18 seconds and more
		busy := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(9 * time.Millisecond) {
				emit(p, log.SeverityInfo, "a", "b") // a bit more than one exporter can take
			}
		}
		busy(40 * time.Second)
		if p.Stats().Exporters[0].Failing {
			t.Error("it is still failing")
		}
		before := [2]int{all[0].Exports(), all[1].Exports()}
		busy(10 * time.Second)
		_ = p.ForceFlush(t.Context())
		now := [2]int{all[0].Exports() - before[0], all[1].Exports() - before[1]}
		if now[0] < 300 || now[1] < 300 {
			t.Errorf("%v batches in ten seconds, want about half each", now)
		}
	})
}

// All fail, one recovers: it takes everything, and the others no longer compete with it
// for the batches.
func TestOneOfManyRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		captureErrors(t)
		down := true
		refusing := func(context.Context, []sdklog.Record) error {
			if down {
				return errors.New("refused")
			}
			return nil
		}
		all := []*exportertest.Exporter{
			failing(errors.New("refused")),
			exportertest.New(exportertest.WithFunc(refusing)),
			failing(errors.New("refused")),
		}
		p := startWith(t, all, WithExportMaxBatchSize(1))
		for range 50 {
			emit(p, log.SeverityInfo, "x")
			synctest.Wait()
		}
		if got := p.Stats().Exported; got != 0 {
			t.Errorf("%d exported", got)
		}
		down = false
		for range 1000 {
			emit(p, log.SeverityInfo, "x")
			time.Sleep(time.Millisecond)
		}
		_ = p.ForceFlush(t.Context())
		if got := p.Stats().Exported; got < 950 {
			t.Errorf("%d of 1000 records exported", got)
		}
	})
}
