package bridge

import "context"

// LogAny is [PhaseLogger.Log] for callers that have data of any kind, and carry
// the correlation ID as a string. It takes the place of loggers of the form
// log(phase, message, data, correlationID).
//
// The members of a map, a struct or a list of attributes become attributes of the
// record, and so do the type and the message of an error, as exception.type and
// exception.message of OpenTelemetry's semantic conventions. Anything else becomes
// the one attribute [DataKey], and nil none. See [ValueOf] for what becomes of
// values, and how much of them is kept. Members that have the key [PhaseKey] are
// left out, and so are those that have the correlation ID's key if one is given.
//
// A correlationID of "" stands for the context's. If there is none either, one
// is made for this record, as [NewCorrelationID] does. The record has the ID as an
// attribute, with or without a processor of [NewLogProcessor]; the context's span
// is left alone.
//
// Nothing in the data makes LogAny panic. It keeps no reference to the data, which
// nobody may change during the call.
func (l *PhaseLogger) LogAny(ctx context.Context, phase, message string, data any, correlationID string) {
	if !l.verbose.Load() && phase != PhaseError {
		return
	}
	if ctx == nil {
		ctx = context.Background() // who carries IDs as strings may have none
	}
	where := l.destinations(ctx, phase)
	if where == nowhere {
		return
	}
	attrs := dataAttributes(data)
	key := l.correlation.key
	switch {
	case correlationID != "":
		attrs = append(without(attrs, key), key.String(cutText(correlationID, maxText)))
	case !hasKey(attrs, key):
		id := l.correlation.id(ctx)
		if id == "" {
			id = NewCorrelationID(ctx)
		}
		attrs = append(attrs, key.String(id))
	}
	l.emit(ctx, where, valid(phase), valid(message), attrs)
}
