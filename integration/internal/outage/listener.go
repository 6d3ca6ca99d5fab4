package outage

import (
	"context"
	"fmt"
	"os"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

const observabilityVariable = "OTEL_GO_X_OBSERVABILITY"

// Listener collects the errors and metrics that the subject of a run reports through
// OpenTelemetry's globals. It enables the SDK's experimental metrics. A process may have
// one listener at a time, for one run.
type Listener struct {
	reader *metric.ManualReader
	undo   func()

	mu     sync.Mutex
	errors int    // guarded by mu
	first  string // guarded by mu
}

// Listen returns a listener, which collects until it is closed.
func Listen() (*Listener, error) {
	l := &Listener{reader: metric.NewManualReader()}
	handler, meters := otel.GetErrorHandler(), otel.GetMeterProvider()
	value, set := os.LookupEnv(observabilityVariable)
	if err := os.Setenv(observabilityVariable, "true"); err != nil {
		return nil, err
	}
	otel.SetErrorHandler(l)
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(l.reader)))
	l.undo = func() {
		otel.SetErrorHandler(handler)
		otel.SetMeterProvider(meters)
		if set {
			_ = os.Setenv(observabilityVariable, value)
		} else {
			_ = os.Unsetenv(observabilityVariable)
		}
	}
	return l, nil
}

// Close restores the globals.
func (l *Listener) Close() { l.undo() }

// Handle counts the errors given to otel.Handle.
func (l *Listener) Handle(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errors++
	if l.first == "" {
		l.first = err.Error()
	}
}

func (l *Listener) handled() (n int, first string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.errors, l.first
}

// failures returns the counts of the metric of that name that have an error.type.
func (l *Listener) failures(ctx context.Context, name string) (Counts, error) {
	var all metricdata.ResourceMetrics
	if err := l.reader.Collect(ctx, &all); err != nil {
		return nil, err
	}
	counts := Counts{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name != name {
				continue
			}
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok {
				return nil, fmt.Errorf("%s is a %T, not a counter", name, m.Data)
			}
			for _, p := range sum.DataPoints {
				if reason, ok := p.Attributes.Value("error.type"); ok && p.Value != 0 {
					counts[reason.AsString()] += p.Value
				}
			}
		}
	}
	return counts, nil
}
