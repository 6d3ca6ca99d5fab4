// Package jsonline encodes log records as lines of JSON, in the form of OpenTelemetry's
// stdoutlog exporter, whose encoder does the work.
//
// That encoder fails for what JSON cannot express: NaN and infinities, times outside of
// the years 0 to 9999, and values that are nested more than 10,000 levels deep, for which
// it also takes quadratic time. Here such values become text, so each record has a line.
// What is nested more than 64 levels deep, as deep as the SDK keeps attributes, is text of
// at most 10,000 further levels. Invalid UTF-8 becomes U+FFFD.
package jsonline
