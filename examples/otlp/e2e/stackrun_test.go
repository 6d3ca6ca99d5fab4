package e2e

import (
	"encoding/json"
	"testing"
	"time"
)

// loadReport is the output of "otlp load -json".
type loadReport struct {
	Requests   uint64            `json:"requests"`
	Statuses   map[string]uint64 `json:"statuses"`
	Unexpected uint64            `json:"unexpected"`
	Slowest    loadedRequest     `json:"slowest"`
	Refused    loadedRequest     `json:"refused"`
}

type loadedRequest struct {
	CorrelationID string  `json:"correlation_id"`
	TraceID       string  `json:"trace_id"`
	Bytes         int     `json:"bytes"`
	Seconds       float64 `json:"seconds"`
}

// stackRun is a run of the whole stack. The tests check different aspects of it.
type stackRun struct {
	*stack

	period  period // from the first to the last process of the example
	load    loadReport
	ledgers map[string]ledger // by service.name
}

// runStack runs the example under load, floods the pipeline until records are dropped, and
// stops all processes of the example as docker stop would.
func runStack(t *testing.T) *stackRun {
	s := &stackRun{stack: newStack(t), ledgers: map[string]ledger{}}
	s.prometheus(t)
	s.jaeger(t)
	s.loki(t)
	s.collector(t)
	s.period.start = time.Now()
	worker, front := s.worker(t), s.front(t)

	load := launch(t, "load", exampleBinary(t, "."), []string{
		"load", "-target", s.url("front"), "-rate", "30", "-for", "25s", "-every", "5s",
		"-large", "0.02", "-invalid", "0.05", "-json",
	}, nil)
	// The bursts are larger than the small queue.
	env := s.overOTLP(t, "front")
	env["ASYNC_LOG_QUEUE_SIZE"] = "2048"
	flood := launch(t, "flood", exampleBinary(t, "."), []string{
		"flood", "-records", "60000", "-bursts", "12", "-every", "1s", "-errors", "2", "-overflow", "drop-lowest",
	}, environment(env))

	flood.wait(t, time.Minute)
	load.wait(t, time.Minute)
	out, _ := load.printed(t)
	if err := json.Unmarshal(out, &s.load); err != nil {
		t.Fatalf("the report of the load: %v: %s", err, out)
	}
	// The front stops first, because it needs the worker until the last prompt is complete.
	front.stop(t)
	worker.stop(t)
	s.period.end = time.Now()
	for _, p := range []*process{front, worker, flood} {
		l := ledgerOf(t, p)
		s.ledgers[l.serviceName()] = l
	}
	return s
}
