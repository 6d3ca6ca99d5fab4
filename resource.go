package asynclog

import (
	"cmp"
	"context"
	"os"
	"path/filepath"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// describe returns what all records say about the process, from the weakest source
// to the strongest. What cannot be found out is left out, and told to otel.Handle:
// a program is not to fail because its host has no name.
//
// Not among the detectors: the command line and the owner, which may be secret, and
// service.instance.id, whose random value would make new streams in a backend at
// each start.
func (o *options) describe(ctx context.Context) *resource.Resource {
	found, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithHost(),
		resource.WithProcessPID(),
		resource.WithProcessRuntimeName(),
		resource.WithProcessRuntimeVersion(),
		resource.WithAttributes(semconv.ServiceName(cmp.Or(o.serviceName, unknownService()))),
		resource.WithFromEnv(),
	)
	if err != nil {
		otel.Handle(err)
	}
	if o.resource == nil {
		return found
	}
	if o.resource.SchemaURL() != "" {
		// Two versions of the semantic conventions would be a conflict, which ends in
		// no schema at all.
		found = resource.NewSchemaless(found.Attributes()...)
	}
	merged, err := resource.Merge(found, o.resource)
	if err != nil {
		otel.Handle(err)
	}
	return merged
}

// unknownService is the name that OpenTelemetry wants where there is none:
// https://opentelemetry.io/docs/specs/semconv/resource/#service.
func unknownService() string {
	path, err := os.Executable()
	if err != nil {
		return "unknown_service:go"
	}
	return "unknown_service:" + filepath.Base(path)
}
