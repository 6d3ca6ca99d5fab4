package processor

import (
	"math/bits"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
)

// sizer tells how large records are in OTLP's protobuf encoding, by the lengths of
// what they hold: opentelemetry/proto/logs/v1/logs.proto and common/v1/common.proto.
// It is at most some bytes a value off, never below, and allocates only for values
// that are lists or maps.
//
// What records share, their resource and scope, is sent once in a request. A sizer
// remembers those of the request that it is at. It is for one goroutine.
type sizer struct {
	add func(attribute.KeyValue) bool // made once: a closure a record would be an allocation a record
	sum int

	sample  int // which record of the next batch is looked at first
	careful int // of so many batches all records are looked at

	// The resource and the scope that were asked for last: they hardly ever change.
	resource     *resource.Resource
	resourceSize int
	scope        instrumentation.Scope
	scopeSize    int

	// Those of the request, as far as there is room; what does not fit is counted
	// again and again.
	shared [8]sharing
	shares int
}

// sharing is what a record may share with others.
type sharing struct {
	resource *resource.Resource
	scope    instrumentation.Scope
}

const (
	// tag is what a field costs beside its value: fields have low numbers.
	tag = 1
	// longest is the most that the length of something costs.
	longest = 5
	// message is what a message in a message costs beside its content, if its
	// length is not worth being told exactly.
	message = tag + longest
	// number is a time, or a float64.
	number = tag + 8
	// traced is the IDs of trace and span, and the flags.
	traced = (tag + 1 + 16) + (tag + 1 + 8) + (tag + 4)
)

func newSizer() *sizer {
	s := &sizer{}
	s.add = func(kv attribute.KeyValue) bool {
		s.sum += inMessage(keyValueSize(kv))
		return true
	}
	return s
}

// begin forgets what records share: a new request.
func (s *sizer) begin() { s.shares = 0 }

// record returns the size of the record, as a part of a request, without what it
// shares with others.
func (s *sizer) record(r *sdklog.Record) int {
	s.sum = number + (tag + 1) + stringSize(r.SeverityText()) + stringSize(r.EventName()) + inMessage(valueSize(r.Body()))
	if !r.Timestamp().IsZero() {
		s.sum += number // the other one is set by the SDK
	}
	if r.TraceID().IsValid() || r.SpanID().IsValid() || r.TraceFlags() != 0 {
		s.sum += traced
	}
	if n := r.DroppedAttributes(); n > 0 {
		s.sum += tag + varintSize(uint64(n))
	}
	r.WalkAttributes(s.add)
	return inMessage(s.sum)
}

// share returns the size of what the record shares with others, as far as it is not
// in the request yet.
func (s *sizer) share(r *sdklog.Record) int {
	// The last is first: mostly it is the only one.
	is := sharing{r.Resource(), r.InstrumentationScope()}
	for i := s.shares - 1; i >= 0; i-- {
		if s.shared[i] == is {
			return 0
		}
	}
	if s.shares < len(s.shared) {
		s.shared[s.shares] = is
		s.shares++
	}
	if is.resource != s.resource {
		s.resource, s.resourceSize = is.resource, resourceSize(is.resource)
	}
	if is.scope != s.scope {
		s.scope, s.scopeSize = is.scope, scopeSize(&is.scope)
	}
	return s.resourceSize + s.scopeSize
}

// resourceSize returns the size of a ResourceLogs without its records.
func resourceSize(r *resource.Resource) int {
	return message + message + setSize(r.Iter()) + stringSize(r.SchemaURL())
}

// scopeSize returns the size of a ScopeLogs without its records.
func scopeSize(s *instrumentation.Scope) int {
	return message + message + stringSize(s.Name) + stringSize(s.Version) + setSize(s.Attributes.Iter()) + stringSize(s.SchemaURL)
}

func setSize(i attribute.Iterator) (n int) {
	for i.Next() {
		n += inMessage(keyValueSize(i.Attribute()))
	}
	return n
}

func keyValueSize(kv attribute.KeyValue) int {
	return stringSize(string(kv.Key)) + inMessage(valueSize(kv.Value))
}

// valueSize returns the size of an AnyValue.
func valueSize(v attribute.Value) (n int) {
	switch v.Type() {
	case attribute.EMPTY:
		return 0
	case attribute.BOOL:
		return tag + 1
	case attribute.INT64:
		return tag + varintSize(uint64(v.AsInt64()))
	case attribute.FLOAT64:
		return number
	case attribute.STRING:
		return inMessage(len(v.AsString()))
	case attribute.BYTESLICE:
		return inMessage(len(v.AsByteSlice()))
	case attribute.BOOLSLICE:
		return inMessage(len(v.AsBoolSlice()) * (tag + 1 + tag + 1))
	case attribute.FLOAT64SLICE:
		return inMessage(len(v.AsFloat64Slice()) * (tag + 1 + number))
	case attribute.INT64SLICE:
		for _, i := range v.AsInt64Slice() {
			n += tag + 1 + tag + varintSize(uint64(i))
		}
	case attribute.STRINGSLICE:
		for _, s := range v.AsStringSlice() {
			n += inMessage(inMessage(len(s)))
		}
	case attribute.SLICE:
		for _, e := range v.AsSlice() {
			n += inMessage(valueSize(e))
		}
	case attribute.MAP:
		for _, kv := range v.AsMap() {
			n += inMessage(keyValueSize(kv))
		}
	default: // a kind that is younger than this
		return inMessage(len(v.String()))
	}
	return inMessage(n)
}

// stringSize returns the size of a string field, which is not sent when empty.
func stringSize(s string) int {
	if s == "" {
		return 0
	}
	return inMessage(len(s))
}

// inMessage returns what n bytes cost as a field of a message.
func inMessage(n int) int { return tag + varintSize(uint64(n)) + n }

// varintSize returns how many bytes a number takes, seven bits each.
func varintSize(n uint64) int { return (bits.Len64(n|1) + 6) / 7 }
