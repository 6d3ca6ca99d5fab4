package envconfig_test

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/envconfig"
)

func TestOptionOutOfRange(t *testing.T) {
	for call, o := range map[string]envconfig.Option{
		`WithEnvironment("staging")`:                     envconfig.WithEnvironment("staging"),
		`WithEnvironment("")`:                            envconfig.WithEnvironment(""),
		`WithEnvironment("Production")`:                  envconfig.WithEnvironment("Production"),
		`WithLevel(FATAL+4)`:                             envconfig.WithLevel(envconfig.LevelFatal + 4),
		`WithLevel(TRACE-1)`:                             envconfig.WithLevel(envconfig.LevelTrace - 1),
		fmt.Sprintf("WithLevel(TRACE%d)", math.MinInt+8): envconfig.WithLevel(slog.Level(math.MinInt)),
		`WithQueueSize(0)`:                               envconfig.WithQueueSize(0),
		fmt.Sprintf("WithQueueSize(%d)", math.MinInt):    envconfig.WithQueueSize(math.MinInt),
		`WithBatchSize(-1)`:                              envconfig.WithBatchSize(-1),
		`WithExportInterval(0s)`:                         envconfig.WithExportInterval(0),
		`WithExportInterval(-1s)`:                        envconfig.WithExportInterval(-time.Second),
		`WithExportTimeout(-2562047h47m16.854775808s)`:   envconfig.WithExportTimeout(math.MinInt64),
	} {
		t.Run(call, func(t *testing.T) {
			w := &world{}
			c, err := w.load(o)
			checkValid(t, c)
			if !errors.Is(err, envconfig.ErrInvalid) {
				t.Fatalf("error %v, want ErrInvalid", err)
			}
			if !strings.HasPrefix(err.Error(), "envconfig."+call+": ") || !strings.Contains(err.Error(), "allowed: ") {
				t.Errorf("error %q does not name the call or the allowed values", err)
			}
			if !strings.Contains(c.String(), "; ignored "+call) {
				t.Errorf("the configuration does not say that it was ignored:\n%s", c)
			}
			if len(w.reports) != 0 {
				t.Errorf("reported %v", w.reports)
			}
		})
	}
}

// TestAllErrorsAreReturned: one call of Load finds all mistakes.
func TestAllErrorsAreReturned(t *testing.T) {
	w := withFile(`{"logging": {"verbose": 1, "async_logging": {"queue_size": 0, "batch_size": "x"}}}`)
	_, err := w.load(envconfig.WithQueueSize(0), envconfig.WithExportTimeout(0))
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || len(joined.Unwrap()) != 5 {
		t.Errorf("errors %v, want five", err)
	}
}

// TestInvalidOptionFallsThrough: a program that ignores the error gets the value of the
// next source.
func TestInvalidOptionFallsThrough(t *testing.T) {
	w := &world{environ: map[string]string{"ASYNC_LOG_QUEUE_SIZE": "5"}}
	c, err := w.load(envconfig.WithQueueSize(0))
	if err == nil || c.QueueSize != 5 {
		t.Errorf("queue size %d, error %v; want that of the variable, and an error", c.QueueSize, err)
	}
}
