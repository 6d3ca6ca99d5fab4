package main

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/krunchwrapper/asynclog"
)

func TestLoad(t *testing.T) {
	recordSpans(t)
	w := startWorker(t)
	f := startFront(t, w.url)
	status, p := invoke(t, "load", "-target", f.url, "-rate", "200", "-for", "2s", "-every", "500ms",
		"-large", "0.01", "-large-size", "50000", "-invalid", "0.1", "-json")
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, &p.err)
	}
	var r report
	if err := json.Unmarshal(p.out.Bytes(), &r); err != nil {
		t.Fatalf("%v: %s", err, &p.out)
	}
	if r.Requests < 10 || r.Statuses[200]+r.Statuses[422] != r.Requests || r.Statuses[422] == 0 {
		t.Errorf("report %s", &p.out)
	}
	if r.Slowest.CorrelationID == "" || len(r.Slowest.TraceID) != 32 || r.Refused.CorrelationID == "" || r.P99 < r.P50 {
		t.Errorf("report %s", &p.out)
	}
	wantText(t, "standard error", p.err.String(), "requests in", "of status 422", "slowest", r.Slowest.CorrelationID)
	if n := f.pipeline.Monitor().Stats()["prompt"].Count; n != r.Requests {
		t.Errorf("the front has received %d requests, the load has sent %d", n, r.Requests)
	}
}

// The load reports wrong answers.
func TestLoadFindsWrongAnswers(t *testing.T) {
	for name, f := range map[string]*testService{
		"no worker": startFront(t, "http://127.0.0.1:1"),
		"another handler": startService(t, "POST /prompts", func(*asynclog.Pipeline) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { writeJSON(w, http.StatusOK, answer{}) })
		}),
	} {
		t.Run(name, func(t *testing.T) {
			status, p := invoke(t, "load", "-target", f.url, "-rate", "100", "-for", "200ms", "-invalid", "0")
			if status != statusFailed {
				t.Errorf("exit status %d", status)
			}
			wantText(t, "standard error", p.err.String(), "unexpected answers")
		})
	}
}

func TestTexts(t *testing.T) {
	next := func(n int) (all []string) {
		ts := texts{rand: rand.New(rand.NewPCG(7, 0)), size: 1000, large: .1, largeSize: 100_000, invalid: .1}
		for range n {
			all = append(all, ts.next())
		}
		return all
	}
	all := next(1000)
	large, invalid, usual := 0, 0, 0
	for i, again := range next(1000) {
		text := all[i]
		if text != again {
			t.Fatal("the same seed gives different texts")
		}
		switch {
		case strings.HasSuffix(text, "\x00"):
			invalid++
		case len(text) >= 50_000:
			large++
		default:
			usual += len(text)
			if len(text) == 0 || !utf8.ValidString(text) {
				t.Errorf("%q", text)
			}
		}
	}
	if large < 50 || large > 150 || invalid < 50 || invalid > 150 {
		t.Errorf("%d large, %d invalid, of 1000", large, invalid)
	}
	if mean := usual / (1000 - large - invalid); mean < 500 || mean > 2500 {
		t.Errorf("the usual text has %d bytes, want about 1000", mean)
	}
}
