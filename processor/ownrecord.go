package processor

import (
	"context"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/processor/internal/observ"
)

// ownRecord returns a record that the processor itself has to say. Only the SDK
// makes records, so it comes from a provider of its own. Its resource is that of the
// records which it is about; its scope is this package.
func ownRecord(res *resource.Resource, r *log.Record) sdklog.Record {
	var k keeper
	provider := sdklog.NewLoggerProvider(
		sdklog.WithResource(res),
		sdklog.WithProcessor(&k),
		// Explicit, so that the variables of the environment do not apply.
		sdklog.WithAttributeCountLimit(-1),
		sdklog.WithAttributeValueLengthLimit(-1),
	)
	provider.Logger(observ.ScopeName).Emit(context.Background(), *r)
	return k.record
}

// keeper is a processor that keeps the last record.
type keeper struct{ record sdklog.Record }

func (*keeper) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }

func (k *keeper) OnEmit(_ context.Context, r *sdklog.Record) error {
	k.record = r.Clone()
	return nil
}

func (*keeper) ForceFlush(context.Context) error { return nil }
func (*keeper) Shutdown(context.Context) error   { return nil }
