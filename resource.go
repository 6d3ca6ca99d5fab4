package asynclog

import (
	"cmp"
	"context"
	"fmt"
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
	)
	if err != nil {
		otel.Handle(fmt.Errorf("asynclog: %w", err))
	}
	found = mergeResources(found, environmentResource(ctx))
	if o.resource == nil {
		return found
	}
	if o.resource.SchemaURL() != "" {
		// Two versions of the semantic conventions would be a conflict, which ends in
		// no schema at all.
		found = resource.NewSchemaless(found.Attributes()...)
	}
	return mergeResources(found, o.resource)
}

// environmentResource returns what OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say.
// It is apart from the detectors because the SDK's error does not name the variable.
func environmentResource(ctx context.Context) *resource.Resource {
	r, err := resource.New(ctx, resource.WithFromEnv())
	if err != nil {
		const name = "OTEL_RESOURCE_ATTRIBUTES"
		otel.Handle(fmt.Errorf("asynclog: %s=%.80q: what is not usable is ignored: %w; allowed: key=value, separated by commas",
			name, os.Getenv(name), err))
	}
	return r
}

// mergeResources returns what both say, and where they differ what the stronger says.
func mergeResources(weaker, stronger *resource.Resource) *resource.Resource {
	merged, err := resource.Merge(weaker, stronger)
	if err != nil {
		otel.Handle(fmt.Errorf("asynclog: %w", err))
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
