package observ

import (
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// The ledger as metrics. The metrics of the conventions count where a record went; these
// count where it ended, and add up at every collection:
//
//	emitted = filtered + exported + fallback + dropped + queue.size + in_flight
const (
	EmittedName  = "asynclog.processor.emitted"
	FilteredName = "asynclog.processor.filtered"
	ExportedName = "asynclog.processor.exported"
	DroppedName  = "asynclog.processor.dropped"
	InFlightName = "asynclog.processor.in_flight"

	// SeverityKey is the attribute with a dropped record's severity range. The conventions
	// have none for it.
	SeverityKey = attribute.Key("asynclog.severity")
)

// Ledger is a snapshot of the processor's ledger.
type Ledger struct {
	Emitted, Filtered, Exported, InFlight int64
	Dropped                               []Dropped
}

// Dropped is the number of records lost for one reason, of one severity range.
type Dropped struct {
	ErrorType, Severity string
	Records             int64
}

type ledgerInstruments struct {
	emitted, filtered, exported, dropped metric.Int64ObservableCounter
	inFlight                             metric.Int64ObservableUpDownCounter
}

func newLedgerInstruments(m metric.Meter) (l ledgerInstruments, err error) {
	var errs [5]error
	counter := func(i int, name, description string) (c metric.Int64ObservableCounter) {
		c, errs[i] = m.Int64ObservableCounter(name, metric.WithUnit("{log_record}"), metric.WithDescription(description))
		return c
	}
	l.emitted = counter(0, EmittedName, "The number of log records handed to the processor.")
	l.filtered = counter(1, FilteredName, "The number of log records below the minimum severity, or logged by an exporter while it exports.")
	l.exported = counter(2, ExportedName, "The number of log records that an exporter has taken.")
	l.dropped = counter(3, DroppedName, "The number of log records lost, or, if error.type is export_timeout, perhaps lost.")
	l.inFlight, errs[4] = m.Int64ObservableUpDownCounter(InFlightName, metric.WithUnit("{log_record}"),
		metric.WithDescription("The number of log records that exporters hold, or that are being written to the fallback."))
	return l, errors.Join(errs[:]...)
}

func (l *ledgerInstruments) all() []metric.Observable {
	return []metric.Observable{l.emitted, l.filtered, l.exported, l.dropped, l.inFlight}
}

func (l *ledgerInstruments) observe(o metric.Observer, set metric.ObserveOption, r *Ledger) {
	o.ObserveInt64(l.emitted, r.Emitted, set)
	o.ObserveInt64(l.filtered, r.Filtered, set)
	o.ObserveInt64(l.exported, r.Exported, set)
	o.ObserveInt64(l.inFlight, r.InFlight, set)
	for _, d := range r.Dropped {
		o.ObserveInt64(l.dropped, d.Records, set,
			metric.WithAttributes(semconv.ErrorTypeKey.String(d.ErrorType), SeverityKey.String(d.Severity)))
	}
}
