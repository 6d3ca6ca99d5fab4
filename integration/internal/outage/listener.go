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

// Listener hears what the subject of a run says through OpenTelemetry's globals: the
// error handler, and metrics, with the SDK's experimental ones switched on. There is
// one at a time in a process, for one run.
type Listener struct {
	reader *metric.ManualReader
	undo   func()

	mu     sync.Mutex
	errors int    // guarded by mu
	first  string // guarded by mu
}

// Listen makes a listener, which hears all until it is closed.
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

// Close puts back what was there before.
func (l *Listener) Close() { l.undo() }

// Handle counts what is given to otel.Handle.
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

// Said is the number of records that a metric says were lost, by its error.type.
type Said map[string]int64

// Total returns the sum.
func (s Said) Total() (n int64) {
	for _, count := range s {
		n += count
	}
	return n
}

// failures returns what the counter of that name has under an error.type.
func (l *Listener) failures(ctx context.Context, name string) (Said, error) {
	var all metricdata.ResourceMetrics
	if err := l.reader.Collect(ctx, &all); err != nil {
		return nil, err
	}
	said := Said{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name != name {
				continue
			}
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok {
				return nil, fmt.Errorf("%s is no counter but %T", name, m.Data)
			}
			for _, p := range sum.DataPoints {
				if why, ok := p.Attributes.Value("error.type"); ok && p.Value != 0 {
					said[why.AsString()] += p.Value
				}
			}
		}
	}
	return said, nil
}
