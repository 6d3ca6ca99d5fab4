package metrics_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/metrics"
	"github.com/krunchwrapper/asynclog/processor"
)

// The served figures are those of the ledger, while the exporter is blocked and
// after the processor has been shut down.
func TestHandlerOfAProcessor(t *testing.T) {
	const capacity = 4
	e := exportertest.New()
	release := e.Block()
	p := processor.New(e, processor.WithMaxQueueSize(capacity), processor.WithExportMaxBatchSize(1), processor.WithFallback(io.Discard))
	m, _ := start(t)
	h := metrics.Handler(func() metrics.Statistics {
		return metrics.Statistics{AsyncLogging: p.Stats(), PerformanceMonitoring: m.Stats()}
	})
	type ledger struct {
		Logged    uint64                       `json:"messages_logged"`
		Exported  uint64                       `json:"exported"`
		Fallback  uint64                       `json:"fallback"`
		Dropped   map[string]map[string]uint64 `json:"dropped"`
		Size      uint64                       `json:"queue_size"`
		Capacity  uint64                       `json:"queue_capacity"`
		InFlight  uint64                       `json:"in_flight"`
		Balanced  bool                         `json:"balanced"`
		Exporters []struct {
			Type string `json:"type"`
		} `json:"exporters"`
	}
	served := func() ledger {
		var s struct {
			Ledger     ledger `json:"async_logging"`
			Operations map[string]struct {
				Count uint64 `json:"count"`
			} `json:"performance_monitoring"`
		}
		if err := json.Unmarshal([]byte(ask(t, h, http.MethodGet, "/").body), &s); err != nil {
			t.Fatal(err)
		}
		if !s.Ledger.Balanced || s.Operations["emit"].Count != s.Ledger.Logged || s.Ledger.Capacity != capacity {
			t.Errorf("%+v", s)
		}
		return s.Ledger
	}

	for range 20 {
		timer := m.Start(t.Context(), "emit")
		r := exportertest.Record(log.SeverityInfo2, "a message")
		_ = p.OnEmit(timer.Context(), &r)
		timer.Stop()
	}
	got := served()
	lost := got.Dropped["queue_full"]["INFO"]
	if got.Logged != 20 || lost == 0 || lost+got.Size+got.InFlight != 20 || len(got.Exporters) != 1 || got.Exporters[0].Type != "*exportertest.Exporter" {
		t.Errorf("blocked: %+v", got)
	}

	release()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := p.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if got := served(); got.Exported+lost != 20 || got.Size != 0 || got.InFlight != 0 {
		t.Errorf("after Shutdown: %+v", got)
	}
}
