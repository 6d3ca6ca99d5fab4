package processor

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/foreigntext"
)

// What a receiver answers may quote what a user sent. Wherever an exporter's error text
// goes, it stays on its line, has no control characters, and is not longer than a few
// kilobytes.
func TestErrorTextOfAnExporterIsForeign(t *testing.T) {
	forged := `{"Timestamp":"2026-01-01T00:00:00Z","Severity":21,"Body":{"Type":"STRING","Value":"FORGED"}}`
	hostile := errors.New("bad value x\n" + forged + "\n\x1b[2J\x1b]0;owned\x07\x00\u009b31m\u202e" + strings.Repeat("\r\n", 1<<19))
	check := func(t *testing.T, where, text string) {
		t.Helper()
		if !strings.Contains(text, "bad value x") || len(text) > 4<<10 {
			t.Errorf("%s: %d bytes, %.100q", where, len(text), text)
		}
		for _, r := range strings.TrimSuffix(text, "\n") {
			if foreigntext.Escaped(r) {
				t.Fatalf("%s: %U is left in %.200q", where, r, text)
			}
		}
	}
	for name, opts := range modes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				errs := captureErrors(t)
				var lines lineLog
				p := start(t, failing(hostile), append(opts, WithFallback(&lines))...)
				for range 5 {
					emit(p, log.SeverityError, "a real one")
					time.Sleep(time.Second)
				}
				emit(p, log.SeverityInfo, "lost")
				err := p.Shutdown(t.Context())
				synctest.Wait()
				if len(errs.all()) == 0 {
					t.Error("nothing is reported")
				}
				for _, err := range errs.all() {
					check(t, "report", err.Error())
				}
				if name == "queue" {
					check(t, "Shutdown", err.Error())
				}
				events := 0
				lines.mu.Lock()
				defer lines.mu.Unlock()
				for text := range strings.Lines(lines.buf.String()) {
					if strings.HasPrefix(text, forged[:20]) && strings.Contains(text, `"Value":"FORGED"`) {
						t.Errorf("forged: %s", text)
					}
					if strings.Contains(text, degradedEvent) {
						check(t, "event", text)
						events++
					}
				}
				if events != 1 {
					t.Errorf("%d events, want 1", events)
				}
			})
		})
	}
}

// An error that Shutdown returns is not reported as well: who calls Shutdown prints it. One
// that came before was reported, and Shutdown does not return it.
func TestErrorIsEitherReportedOrReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errs := captureErrors(t)
		before, last := errors.New("before"), errors.New("at the end")
		var r receiver
		r.is(before)
		p := start(t, r.exporter(), once, WithFallback(nil))
		emit(p, log.SeverityInfo, "a")
		_ = p.ForceFlush(t.Context())
		r.is(last)
		emit(p, log.SeverityInfo, "b")
		err := p.Shutdown(t.Context())
		synctest.Wait()
		if len(errs.all()) != 1 || len(errs.matching(before)) != 1 {
			t.Errorf("reported %v, want the first error", errs.all())
		}
		if !errors.Is(err, last) || errors.Is(err, before) || strings.Count(err.Error(), last.Error()) != 1 {
			t.Errorf("shutdown returns %v, want the last error, once", err)
		}
	})
}
