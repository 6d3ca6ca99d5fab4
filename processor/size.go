package processor

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/processor/internal/size"
)

// sizer tells how large records are in OTLP's protobuf encoding, as package size has
// it, together with what they share.
//
// What records share, their resource and scope, is sent once in a request. A sizer
// remembers those of the request that it is at, and is at most some bytes off, never
// below. It is for one goroutine.
type sizer struct {
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

// message is what a message in a message costs beside its content, if its length is
// not worth being told exactly.
const message = size.Longest

// newSizer returns a sizer that has been asked for no resource and the scope without a
// name, which are not nothing in a request either.
func newSizer() *sizer {
	s := &sizer{resourceSize: resourceSize(nil)}
	s.scopeSize = scopeSize(&s.scope)
	return s
}

// begin forgets what records share: a new request.
func (s *sizer) begin() { s.shares = 0 }

// record returns the size of the record, as a part of a request, without what it
// shares with others.
func (s *sizer) record(r *sdklog.Record) int { return size.Record(r) }

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
	return 2*message + setSize(r.Iter()) + size.Text(r.SchemaURL())
}

// scopeSize returns the size of a ScopeLogs without its records.
func scopeSize(s *instrumentation.Scope) int {
	return 2*message + size.Text(s.Name) + size.Text(s.Version) + setSize(s.Attributes.Iter()) + size.Text(s.SchemaURL)
}

func setSize(i attribute.Iterator) (n int) {
	for i.Next() {
		n += size.Attribute(i.Attribute())
	}
	return n
}
