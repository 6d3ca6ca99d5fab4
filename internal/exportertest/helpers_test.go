package exportertest_test

import (
	"slices"
	"strconv"
	"testing"

	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// batch returns n records with the bodies from, from+1, …
func batch(from, n int) []sdklog.Record {
	out := make([]sdklog.Record, n)
	for i := range out {
		out[i] = exportertest.Record(log.SeverityInfo, strconv.Itoa(from+i))
	}
	return out
}

func wantBodies(t *testing.T, e *exportertest.Exporter, want ...string) {
	t.Helper()
	if got := e.Bodies(); !slices.Equal(got, want) {
		t.Errorf("bodies taken %q, want %q", got, want)
	}
}

func wantCount(t *testing.T, what string, got, want int) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %d, want %d", what, got, want)
	}
}
