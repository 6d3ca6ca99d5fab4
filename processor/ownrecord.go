package processor

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/krunchwrapper/asynclog/processor/internal/observ"
)

// ownRecord returns a record that the processor itself has to say. Only the SDK
// makes records, so it comes from a provider of its own. Its resource is that of the
// records which it is about; its scope is this package.
//
// The SDK tells the error handler when something is wrong with the variables of the
// environment for resources. So it is called where user code may do what it likes.
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

// contained makes records on a goroutine of its own, so that an error handler which
// panics, or ends the goroutine, takes no other with it. It returns nil then, and when
// they are not there in time.
func contained(f func() []sdklog.Record) []sdklog.Record {
	made := make(chan []sdklog.Record, 1)
	go func() {
		var recs []sdklog.Record
		defer func() {
			_ = recover() // there is nobody to tell: this is who would be told
			made <- recs
		}()
		recs = f()
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case recs := <-made:
		return recs
	case <-timer.C:
		return nil
	}
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
