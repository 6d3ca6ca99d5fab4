// Package otlpwire appends the parts of an OTLP log record to a buffer, in the
// protobuf wire format.
//
// It is the layer that encoders of different sources share, so that an sdklog.Record
// and an slog.Record with the same content become the same bytes. Every function
// appends to the buffer that it is given and returns the longer one, as
// append does. None keeps the buffer or a value.
//
// A record stands in the buffer as it will stand in a ScopeLogs message: the tag of
// the field log_records, the length, the content. [BeginRecord] and [EndRecord]
// write this frame, so the size of a framed record is the growth of the buffer
// between the two.
//
// # Text
//
// A protobuf string must be UTF-8, and a receiver refuses a whole request for one
// that is not. Every function that takes a text therefore replaces each run of
// invalid bytes by U+FFFD. Text in ASCII, nearly all there is, is recognised eight
// bytes at a time.
//
// # Speed
//
// The functions write lengths of one byte at once where the content is known to be
// short, and only otherwise compute the size of a varint. Composite values are
// written behind one byte for their length and moved when they need more: to compute
// sizes first costs more than to encode.
//
// Field numbers and types are those of opentelemetry/proto/logs/v1 and common/v1.
// Every field of these messages has a number below 16, so a tag is one byte.
package otlpwire
