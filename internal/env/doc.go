// Package env reads the OTEL_BLRP_* variables: the limits that the
// OpenTelemetry specification names for the batch log record processor.
//
// They are parsed in this package only, so that the processor and the configuration
// loader can never disagree about the meaning of a value.
//
// A value is read as go.opentelemetry.io/otel/sdk/log v1.47.0 reads it, because users who
// replace one processor with the other expect the same environment to have the same
// meaning:
//
//   - unset and empty are the same (the specification says so);
//   - a value that [strconv.Atoi] refuses is reported and ignored. The specification
//     does not mention blanks around a number. The SDK does not trim them, so " 100" is
//     invalid here, too;
//   - zero and negative values are ignored without a report.
//
// [ParseInt] and [ParseMillis] have the same rules for a caller that reports in its own
// way.
//
// There are two differences. The SDK reports an invalid value each time a processor is
// made, this package once in the life of the process. And in the SDK a number of
// milliseconds that is too large for a [time.Duration] wraps around to an arbitrary
// duration, while [Millis] returns the longest one.
package env
