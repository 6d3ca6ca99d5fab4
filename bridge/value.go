package bridge

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/krunchwrapper/asynclog/internal/value"
)

// ValueOf returns the OpenTelemetry value that is closest to a Go value of any
// type. Where encoding/json defines what a type looks like, ValueOf follows it, in
// OpenTelemetry's types:
//
//   - Booleans, integers, floats and strings stay what they are. Integers that do
//     not fit in an int64, complex numbers, and NaN and the infinities, on which JSON
//     exporters fail, become text.
//   - Structs become maps of their exported fields. The tag json renames fields,
//     omits them ("-", omitempty, omitzero) and, for embedded structs, flattens them.
//   - Maps of any key type become maps whose keys are the text of the keys. Slices
//     and arrays become slices; those of bytes become bytes. Pointers and interfaces
//     become what they lead to. Nil of any kind becomes the empty value.
//   - [time.Time] becomes text in the format of RFC 3339 with nanoseconds,
//     [time.Duration] an integer number of nanoseconds.
//   - A value with a method that describes it becomes the result of that method:
//     LogValue ([log/slog.LogValuer]), MarshalJSON, MarshalText, Error or String, in
//     this order. If the method fails or panics, the result is a text that says so.
//   - Values of slog and OpenTelemetry become what they contain; attributes and
//     lists of attributes become maps.
//   - Channels, functions and the like become the name of their type, in
//     parentheses.
//
// The result is bounded: to 10 collections inside one another, 100 members of each
// collection, and in all to 1,000 values, 64 KiB of text, 16 KiB of each text and
// 256 bytes of each key. Where something was left out, the value says "(cut, …)" and
// the size it had: at the end of a text, in the last element of a slice, in the
// member "…" of a map. A text replaces what is nested too deeply, or contains
// itself. Which members of a map that is too large are left out is not defined.
// Bytes that are not UTF-8, which OTLP refuses, become U+FFFD.
//
// ValueOf does not panic, keeps no reference to the value, and is safe for concurrent
// use. Go offers no protection against two things: a value that others change during
// the call, and a method that does not return or that recurses without end.
func ValueOf(v any) attribute.Value { return value.Of(v) }
