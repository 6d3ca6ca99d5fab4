package otlp

import (
	"bytes"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/internal/otlpwire"
)

// Resource is an encoded resource with its schema URL: what stands in a ResourceLogs
// message beside the scopes. It does not change and may be used concurrently.
//
// Records belong together by the pointer: make one Resource of a resource, and use it
// for every record.
type Resource struct {
	encoded   []byte // the fields resource and schema_url of a ResourceLogs message
	content   []byte // of the Resource message, a part of encoded
	schemaURL string
}

// NewResource encodes a resource. A nil one is empty.
func NewResource(r *resource.Resource) *Resource {
	var b []byte
	if r.Len() > 0 {
		var at int
		b, at = otlpwire.Begin(b, otlpwire.ResourceLogsResource)
		b = appendSet(b, otlpwire.ResourceAttributes, r.Iter())
		b = otlpwire.End(b, at)
	}
	b = otlpwire.AppendText(b, otlpwire.ResourceLogsSchemaURL, r.SchemaURL())
	e, _ := readEnvelope(b, checkResource) // was encoded here
	return &Resource{b, e.content, e.schemaURL}
}

// ParseResource returns the Resource whose Bytes were encoded. It copies them. The
// error wraps [ErrMalformed] if they are damaged.
func ParseResource(encoded []byte) (*Resource, error) {
	b := bytes.Clone(encoded)
	e, err := readEnvelope(b, checkResource)
	if err != nil {
		return nil, fmt.Errorf("resource: %w", err)
	}
	return &Resource{b, e.content, e.schemaURL}, nil
}

// Bytes returns the encoded resource: the fields resource and schema_url of a
// ResourceLogs message. The caller must not change them.
func (r *Resource) Bytes() []byte { return r.encoded }

// SchemaURL returns the schema URL of the resource.
func (r *Resource) SchemaURL() string { return r.schemaURL }

// WalkAttributes calls f for each attribute, in order, until f returns false. The
// value is a view of the encoded resource.
func (r *Resource) WalkAttributes(f func(key string, v Value) bool) {
	walkKeyValues(r.content, otlpwire.ResourceAttributes, f)
}

// Scope is an encoded instrumentation scope with its schema URL: what stands in a
// ScopeLogs message beside the records. It does not change and may be used
// concurrently.
//
// Records belong together by the pointer: make one Scope of a scope, and use it for
// every record.
type Scope struct {
	encoded   []byte // the fields scope and schema_url of a ScopeLogs message
	content   []byte // of the InstrumentationScope message, a part of encoded
	schemaURL string
	name      string
	version   string
}

// NewScope encodes an instrumentation scope.
func NewScope(s instrumentation.Scope) *Scope {
	var b []byte
	if s != (instrumentation.Scope{}) {
		var at int
		b, at = otlpwire.Begin(b, otlpwire.ScopeLogsScope)
		b = otlpwire.AppendText(b, otlpwire.ScopeName, s.Name)
		b = otlpwire.AppendText(b, otlpwire.ScopeVersion, s.Version)
		b = appendSet(b, otlpwire.ScopeAttributes, s.Attributes.Iter())
		b = otlpwire.End(b, at)
		b = otlpwire.AppendText(b, otlpwire.ScopeLogsSchemaURL, s.SchemaURL)
	}
	scope, _ := newScope(b) // was encoded here
	return scope
}

// ParseScope returns the Scope whose Bytes were encoded. It copies them. The error
// wraps [ErrMalformed] if they are damaged.
func ParseScope(encoded []byte) (*Scope, error) {
	s, err := newScope(bytes.Clone(encoded))
	if err != nil {
		return nil, fmt.Errorf("scope: %w", err)
	}
	return s, nil
}

func newScope(encoded []byte) (*Scope, error) {
	e, err := readEnvelope(encoded, checkScope)
	if err != nil {
		return nil, err
	}
	s := &Scope{encoded: encoded, content: e.content, schemaURL: e.schemaURL}
	for f := range fields(e.content) {
		switch f.tag {
		case otlpwire.ScopeName:
			s.name = string(f.bytes)
		case otlpwire.ScopeVersion:
			s.version = string(f.bytes)
		}
	}
	return s, nil
}

// Bytes returns the encoded scope: the fields scope and schema_url of a ScopeLogs
// message. The caller must not change them.
func (s *Scope) Bytes() []byte { return s.encoded }

// Name returns the name of the scope, which is the logger's.
func (s *Scope) Name() string { return s.name }

// Version returns the version of the scope.
func (s *Scope) Version() string { return s.version }

// SchemaURL returns the schema URL of the scope.
func (s *Scope) SchemaURL() string { return s.schemaURL }

// WalkAttributes calls f for each attribute, in order, until f returns false. The
// value is a view of the encoded scope.
func (s *Scope) WalkAttributes(f func(key string, v Value) bool) {
	walkKeyValues(s.content, otlpwire.ScopeAttributes, f)
}

func appendSet(b []byte, tag byte, attrs attribute.Iterator) []byte {
	for attrs.Next() {
		kv := attrs.Attribute()
		b = otlpwire.AppendKeyValue(b, tag, &kv)
	}
	return b
}

// envelope is what Resource and Scope have in common.
type envelope struct {
	content   []byte
	schemaURL string
}

// readEnvelope reads the two fields that stand beside the scopes of a ResourceLogs
// message or the records of a ScopeLogs message. It refuses any other: what is in it
// is sent with every request.
func readEnvelope(encoded []byte, check func(content []byte) error) (envelope, error) {
	var e envelope
	seen := false
	for f := range fields(encoded) {
		switch {
		case f.err != nil:
			return envelope{}, f.err
		case f.tag == otlpwire.ScopeLogsScope && !seen:
			seen, e.content = true, f.bytes
			if err := check(f.bytes); err != nil {
				return envelope{}, err
			}
		case f.tag == otlpwire.ScopeLogsSchemaURL:
			if err := checkText(f.bytes); err != nil {
				return envelope{}, err
			}
			e.schemaURL = string(f.bytes)
		default:
			return envelope{}, malformed("field %d beside resource or scope", f.tag>>3)
		}
	}
	return e, nil
}

func checkResource(content []byte) error {
	for f := range fields(content) {
		if err := f.check(otlpwire.ResourceAttributes); err != nil {
			return err
		}
	}
	return nil
}

func checkScope(content []byte) error {
	for f := range fields(content) {
		if err := f.check(otlpwire.ScopeAttributes, otlpwire.ScopeName, otlpwire.ScopeVersion); err != nil {
			return err
		}
	}
	return nil
}
