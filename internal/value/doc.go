// Package value converts Go values of any type to OpenTelemetry values. The rules
// and the bounds are those that bridge.ValueOf documents.
//
// The values come from log calls, so the package trusts nothing about them:
//
//   - A conversion is bounded in depth, members, values and bytes, whatever the
//     value. Every value visited and every method called counts, and a collection
//     that contains itself is found.
//   - Methods of values are other people's code. Each one is called inside a recover
//     of its own, so that its neighbours in the same collection are unharmed. A
//     second recover around the whole conversion covers values that change during
//     it.
//   - A part of a value is read in place. Copying it out of its struct or array would
//     also copy mutexes and large arrays. The exception is a value without an address
//     that only a method of its pointer describes.
//   - The result shares no memory with the value, and is valid UTF-8 throughout.
//
// All functions are safe for concurrent use.
package value
