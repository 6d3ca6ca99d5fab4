// Package env reads the OTEL_BLRP_* variables: the limits that the
// OpenTelemetry specification names for the batch log record processor.
//
// It is the only place where they are parsed, so that the processor and the
// configuration loader can never disagree about what a value means.
//
// A value is read as go.opentelemetry.io/otel/sdk/log v1.47.0 reads it, because
// whoever swaps one processor for the other expects the same environment to
// mean the same thing:
//
//   - unset and empty are the same (the specification says so);
//   - anything [strconv.Atoi] refuses is reported and ignored. The
//     specification is silent about blanks around a number; the SDK does not
//     trim them, so " 100" is invalid here too;
//   - zero and negative values are ignored without a report.
//
// [ParseInt] and [ParseMillis] are the same rules for a caller that reports in its
// own way.
//
// Two things differ. The SDK reports an invalid value each time a processor is
// made, this package once in the life of the process. And the SDK lets a number
// of milliseconds that is too large for a [time.Duration] wrap around to an
// arbitrary one, while [Millis] stops at the longest there is.
package env
