package outage

import (
	"context"
	"errors"
	"testing"
	"time"

	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

// The IDs are read from the lines that a processor writes to its fallback.
func TestSavedRecords(t *testing.T) {
	fallback := newSavedRecords()
	errBroken := errors.New("broken")
	p := processor.New(
		exportertest.New(exportertest.WithFunc(func(context.Context, []sdklog.Record) error { return errBroken })),
		processor.WithFallback(fallback))
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
	rig.NewSource(provider).Emit(t.Context(), 0, 16) // two of them are errors
	if _, err := fallback.Write([]byte("asynclog: degraded\n")); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = provider.Shutdown(ctx)
	if s := p.Stats(); !s.Balanced() || s.Fallback != 2 {
		t.Errorf("%+v", s)
	}
	if ids := fallback.get(); len(ids) != 2 || ids[7] != 1 || ids[15] != 1 {
		t.Errorf("%v", ids)
	}
}
