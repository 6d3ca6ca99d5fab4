package size

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
)

// shared measures what the records of a request share: their resources and scopes, each
// of which the request contains once.
type shared struct {
	// The resource and the scope that were measured last. They rarely change.
	resource     *resource.Resource
	resourceSize int
	scope        instrumentation.Scope
	scopeSize    int

	// Those that the request contains, as far as the array has space. Others are counted
	// for each record.
	contained [8]pairing
	n         int
}

// pairing is what a record may share with others.
type pairing struct {
	resource *resource.Resource
	scope    instrumentation.Scope
}

// newShared has measured no resource and the scope without a name: both take some bytes
// in a request.
func newShared() shared {
	s := shared{resourceSize: resourceSize(nil)}
	s.scopeSize = scopeSize(&s.scope)
	return s
}

// reset begins a new request.
func (s *shared) reset() { s.n = 0 }

// add returns the size of what the record shares with others, as far as the request does
// not contain it yet, and adds it to the request.
func (s *shared) add(r *sdklog.Record) int {
	// The last is first: usually it is the only one.
	p := pairing{r.Resource(), r.InstrumentationScope()}
	for i := s.n - 1; i >= 0; i-- {
		if s.contained[i] == p {
			return 0
		}
	}
	if s.n < len(s.contained) {
		s.contained[s.n] = p
		s.n++
	}
	s.measureResource(p.resource)
	if p.scope != s.scope {
		s.measureScope(&p.scope)
	}
	return s.resourceSize + s.scopeSize
}

func (s *shared) measureResource(r *resource.Resource) {
	if r != s.resource {
		s.resource, s.resourceSize = r, resourceSize(r)
	}
}

func (s *shared) measureScope(scope *instrumentation.Scope) {
	s.scope, s.scopeSize = *scope, scopeSize(scope)
}

// resourceSize returns the size of a ResourceLogs message without its records. The
// lengths of nested messages count at their longest.
func resourceSize(r *resource.Resource) int {
	return 2*Longest + setSize(r.Iter()) + Text(r.SchemaURL())
}

// scopeSize returns the size of a ScopeLogs message without its records.
func scopeSize(s *instrumentation.Scope) int {
	return 2*Longest + Text(s.Name) + Text(s.Version) + setSize(s.Attributes.Iter()) + Text(s.SchemaURL)
}

func setSize(i attribute.Iterator) (n int) {
	for i.Next() {
		n += Attribute(i.Attribute())
	}
	return n
}
