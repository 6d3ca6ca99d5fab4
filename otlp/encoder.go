package otlp

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
)

// encoder makes a batch of records that come unencoded. It belongs to one export at a
// time and is pooled, with the resources and scopes that it has encoded.
type encoder struct {
	arena     []byte
	ends      []int
	batch     Batch
	resources map[resourceKey]*Resource
	scopes    map[instrumentation.Scope]*Scope
}

// resourceKey is all of a resource that is sent: equal ones of two providers are one.
type resourceKey struct {
	attributes attribute.Distinct
	schemaURL  string
}

// maxScopes bounds the resources and scopes that an encoder remembers: a program that
// makes a logger for each request has no end of them.
const maxScopes = 1000

func newEncoder() *encoder {
	return &encoder{
		resources: make(map[resourceKey]*Resource),
		scopes:    make(map[instrumentation.Scope]*Scope),
	}
}

// encode returns the batch of the records. It is valid until the next call of encode
// or reset.
func (e *encoder) encode(records []sdklog.Record) *Batch {
	if len(e.resources) > maxScopes || len(e.scopes) > maxScopes {
		clear(e.resources)
		clear(e.scopes)
	}
	e.arena, e.ends = e.arena[:0], e.ends[:0]
	for i := range records {
		e.arena = AppendRecord(e.arena, &records[i])
		e.ends = append(e.ends, len(e.arena))
	}
	// Only now does the arena stay where it is. Neighbours of the same scope are one
	// slice.
	start, count := 0, 0
	var source *resource.Resource
	var res *Resource
	var scope *Scope
	for i := range records {
		r := &records[i]
		nextRes, nextScope := res, e.scope(r.InstrumentationScope())
		if i == 0 || r.Resource() != source {
			source = r.Resource()
			nextRes = e.resource(source)
		}
		if i > 0 && (nextRes != res || nextScope != scope) {
			e.batch.Add(res, scope, e.arena[start:e.ends[i-1]], count)
			start, count = e.ends[i-1], 0
		}
		res, scope = nextRes, nextScope
		count++
	}
	e.batch.Add(res, scope, e.arena[start:], count)
	return &e.batch
}

func (e *encoder) resource(r *resource.Resource) *Resource {
	key := resourceKey{r.Equivalent(), r.SchemaURL()}
	enc, ok := e.resources[key]
	if !ok {
		enc = NewResource(r)
		e.resources[key] = enc
	}
	return enc
}

func (e *encoder) scope(s instrumentation.Scope) *Scope {
	enc, ok := e.scopes[s]
	if !ok {
		enc = NewScope(s)
		e.scopes[s] = enc
	}
	return enc
}

// reset forgets the records. It reports whether the encoder is small enough to be
// kept.
func (e *encoder) reset() bool {
	e.batch.Reset()
	const kept = 4 << 20
	return cap(e.arena) <= kept
}
