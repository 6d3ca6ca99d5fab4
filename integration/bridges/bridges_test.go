package bridges_test

import (
	"context"
	"errors"
	"io"
	stdlog "log"
	"log/slog"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/sirupsen/logrus"
	"go.opentelemetry.io/contrib/bridges/otellogrus"
	"go.opentelemetry.io/contrib/bridges/otelzap"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.uber.org/zap"
	"k8s.io/klog/v2"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/internal/exportertest"
	"github.com/krunchwrapper/asynclog/processor"
)

// Loggers made before bridge.Install, as package variables are.
var (
	earlyZap    = zap.New(otelzap.NewCore("early"))
	earlyLogrus = newLogrus()
)

func newLogrus() *logrus.Logger {
	l := logrus.New()
	l.SetOutput(io.Discard)
	l.AddHook(otellogrus.NewHook("logrus"))
	return l
}

var errBroken = errors.New("broken")

// libraries log one record each, with body "text", an attribute k = "v" and, if failure
// is set, an error.
var libraries = map[string]struct {
	log      func(ctx context.Context)
	severity log.Severity
	failure  bool
}{
	"slog": {
		log:      func(ctx context.Context) { slog.WarnContext(ctx, "text", "k", "v", "err", errBroken) },
		severity: log.SeverityWarn,
		failure:  true,
	},
	"zap": {
		log:      func(context.Context) { zap.New(otelzap.NewCore("zap")).Warn("text", zap.String("k", "v")) },
		severity: log.SeverityWarn,
	},
	"zap, made before": {
		log:      func(context.Context) { earlyZap.With(zap.String("k", "v")).Error("text", zap.Error(errBroken)) },
		severity: log.SeverityError,
		failure:  true,
	},
	"zap.L": {
		log: func(context.Context) {
			defer zap.ReplaceGlobals(zap.New(otelzap.NewCore("zap")))()
			zap.S().Infow("text", "k", "v")
		},
		severity: log.SeverityInfo,
	},
	"zap, redirecting log": {
		log: func(context.Context) {
			l := zap.New(otelzap.NewCore("zap"), zap.Fields(zap.String("k", "v")))
			defer zap.RedirectStdLog(l)()
			stdlog.Print("text")
		},
		severity: log.SeverityInfo,
	},
	"logr": {
		log:      func(context.Context) { logr.FromSlogHandler(slog.Default().Handler()).Info("text", "k", "v") },
		severity: log.SeverityInfo,
	},
	"logr, error": {
		log: func(context.Context) {
			logr.FromSlogHandler(slog.Default().Handler()).Error(errBroken, "text", "k", "v")
		},
		severity: log.SeverityError,
		failure:  true,
	},
	"klog": {
		log: func(context.Context) {
			klog.SetLogger(logr.FromSlogHandler(slog.Default().Handler()))
			defer klog.ClearLogger()
			klog.InfoS("text", "k", "v")
		},
		severity: log.SeverityInfo,
	},
	"logrus": {
		log:      func(ctx context.Context) { newLogrus().WithContext(ctx).WithField("k", "v").Warn("text") },
		severity: log.SeverityWarn,
	},
	"logrus, made before": {
		log: func(context.Context) {
			earlyLogrus.WithField("k", "v").WithError(errBroken).Error("text")
		},
		severity: log.SeverityError,
		failure:  true,
	},
}

func TestLibraries(t *testing.T) {
	for name, library := range libraries {
		t.Run(name, func(t *testing.T) {
			r := logged(t, library.log)
			if r.Body().AsString() != "text" || r.Severity() != library.severity {
				t.Errorf("severity %v, body %v; want %v", r.Severity(), r.Body(), library.severity)
			}
			if got := attributeOf(&r, "k"); got != "v" {
				t.Errorf("attribute k is %q", got)
			}
			if got := attributeOf(&r, "exception.message"); (got == "broken") != library.failure {
				t.Errorf("exception.message is %q", got)
			}
		})
	}
}

// noError is an error whose Error method panics on a nil pointer, a common mistake.
type noError struct{ text string }

func (e *noError) Error() string { return e.text }

// TestErrorsThatPanic: the record arrives, and the caller does not panic.
func TestErrorsThatPanic(t *testing.T) {
	var err error = (*noError)(nil)
	for name, log := range map[string]func(context.Context){
		"slog":   func(context.Context) { slog.Error("text", "err", err) },
		"zap":    func(context.Context) { earlyZap.Error("text", zap.Error(err)) },
		"logr":   func(context.Context) { logr.FromSlogHandler(slog.Default().Handler()).Error(err, "text") },
		"logrus": func(context.Context) { earlyLogrus.WithError(err).Error("text") },
		"klog": func(context.Context) {
			klog.SetLogger(logr.FromSlogHandler(slog.Default().Handler()))
			defer klog.ClearLogger()
			klog.ErrorS(err, "text")
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := logged(t, log)
			if got := attributeOf(&r, "exception.message"); got != "<nil>" || r.Body().AsString() != "text" {
				t.Errorf("exception.message is %q, body %v", got, r.Body())
			}
		})
	}
}

// logged returns the one record that f logs during an installation.
func logged(t *testing.T, f func(context.Context)) sdklog.Record {
	t.Helper()
	exporter := exportertest.New()
	p := processor.New(exporter, processor.WithFallback(nil))
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(p))
	restore := bridge.Install(provider)
	f(t.Context())
	restore()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := provider.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if s := p.Stats(); !s.Balanced() || s.Queued != 0 || s.InFlight != 0 {
		t.Errorf("the ledger does not balance: %+v", s)
	}
	records := exporter.Records()
	if len(records) != 1 {
		t.Fatalf("records: %d, want 1", len(records))
	}
	return records[0]
}

func attributeOf(r *sdklog.Record, key attribute.Key) (value string) {
	r.WalkAttributes(func(kv attribute.KeyValue) bool {
		if kv.Key == key {
			value = kv.Value.AsString()
		}
		return true
	})
	return value
}
