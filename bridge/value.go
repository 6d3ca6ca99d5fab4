package bridge

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/krunchwrapper/asynclog/internal/value"
)

// ValueOf returns the OpenTelemetry value that is closest to a Go value of any
// type. Where encoding/json defines what a type looks like, ValueOf follows it, in
// OpenTelemetry's types:
//
//   - Booleans, integers, floats and strings stay what they are. A float32 becomes the
//     number with the fewest digits that is the same float32.
//   - Structs become maps of their exported fields. The tag json renames fields,
//     omits them ("-", omitempty, omitzero), makes text of them (string) and, for
//     embedded structs, flattens them or not.
//   - Maps become maps whose keys are the text of the keys. Slices and arrays become
//     slices. Pointers and interfaces become what they lead to. Nil becomes the empty
//     value.
//   - [time.Time] becomes text in the format of RFC 3339 with nanoseconds,
//     [time.Duration] an integer number of nanoseconds.
//   - A value with MarshalJSON or MarshalText becomes the result of that method.
//
// ValueOf differs from encoding/json in the following, and in nothing else:
//
//   - More methods say what a value is: LogValue ([log/slog.LogValuer]), MarshalJSON,
//     MarshalText, Error or String, in this order. If the method fails or panics, the
//     result is a text that says so.
//   - A method of the pointer counts as a method of the value everywhere. It is called
//     on a copy if the value has no address: encoding/json then ignores it, and shows
//     what MarshalText may be there to hide. The same holds for methods of embedded
//     structs of unexported types. MarshalText of keys that are strings is not called,
//     as in encoding/json.
//   - Keys may be of any type. Keys with the same text are all kept, the further ones
//     with "#2" and so on. OpenTelemetry has no empty keys; they become "(empty)".
//   - Slices and arrays of bytes become bytes, unless the bytes marshal themselves.
//   - Numbers that fit in neither an int64 nor a float64, complex numbers, and NaN and
//     the infinities, on which JSON exporters fail, become text. So does JSON that
//     MarshalJSON or [encoding/json.RawMessage] got wrong.
//   - Nil pointers are empty, even if an interface with MarshalText contains them.
//   - Values of slog and OpenTelemetry become what they contain; attributes and
//     lists of attributes become maps.
//   - Channels, functions and the like become the name of their type, in
//     parentheses.
//   - Any year is valid in a [time.Time].
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
// use. The methods it calls may log. Go offers no protection against two things: a
// value that others change during the call, and a method that does not return or that
// recurses without end, as one does that logs the value it belongs to.
func ValueOf(v any) attribute.Value { return value.Of(v) }
