package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/krunchwrapper/asynclog/bridge"
	"github.com/krunchwrapper/asynclog/metrics"
)

// load posts generated prompts to a front.
type load struct {
	target      string
	rate        float64 // requests a second
	concurrency int
	duration    time.Duration // 0: until a signal
	every       time.Duration // between reports
	seed        uint64
	json        bool
	texts       texts

	http    http.Client
	prefix  string // of correlation IDs
	monitor *metrics.Monitor
	report  report
}

// runLoad runs the command load.
func runLoad(ctx context.Context, c console, args []string) error {
	l := load{prefix: "load-" + time.Now().UTC().Format("20060102T150405")}
	fs := flag.NewFlagSet("load", flag.ContinueOnError)
	fs.StringVar(&l.target, "target", "http://localhost:8080", "the front's `URL`")
	fs.Float64Var(&l.rate, "rate", 10, "requests a second; requests beyond -concurrency are skipped")
	fs.IntVar(&l.concurrency, "concurrency", 8, "the maximum number of concurrent requests")
	fs.DurationVar(&l.duration, "for", 0, "how long to run; 0: until SIGTERM or SIGINT")
	fs.DurationVar(&l.every, "every", 10*time.Second, "interval between reports")
	fs.Uint64Var(&l.seed, "seed", 1, "the texts are the same for the same seed")
	fs.BoolVar(&l.json, "json", false, "write the last report as JSON to standard output")
	fs.IntVar(&l.texts.size, "size", 4000, "bytes of an average text")
	fs.Float64Var(&l.texts.large, "large", .01, "the share of large texts, which are the slow ones; from 0 to 1")
	fs.IntVar(&l.texts.largeSize, "large-size", 3_000_000, "bytes of an average large text")
	fs.Float64Var(&l.texts.invalid, "invalid", .02, "the share of invalid texts, which the front refuses; from 0 to 1")
	if err := parse(fs, c, args); err != nil {
		return err
	}
	base, err := url.Parse(l.target)
	switch {
	case err != nil || base.Host == "":
		return usageError(fs, c, "-target %q is not a URL such as http://localhost:8080", l.target)
	case !(l.rate > 0) || l.concurrency < 1 || l.every <= 0 || l.texts.size < 1 || l.texts.largeSize < 1: // NaN is not greater than 0
		return usageError(fs, c, "-rate, -concurrency, -every, -size and -large-size must be greater than 0")
	case l.duration < 0:
		return usageError(fs, c, "-for must not be negative; 0: until SIGTERM or SIGINT")
	case !isShare(l.texts.large) || !isShare(l.texts.invalid):
		return usageError(fs, c, "-large and -invalid are shares, from 0 to 1")
	}
	l.target = base.JoinPath("prompts").String()
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return l.run(ctx, c)
}

// isShare reports whether x is from 0 to 1.
func isShare(x float64) bool { return x >= 0 && x <= 1 }

// run posts texts until the duration is over or the context ends. It returns an error if an
// answer was not the expected one.
func (l *load) run(ctx context.Context, c console) error {
	var err error
	if l.monitor, err = metrics.NewMonitor(); err != nil {
		return err
	}
	l.http = http.Client{
		Timeout:   callTimeout,
		Transport: bridge.NewTransport(&http.Transport{MaxIdleConnsPerHost: l.concurrency}),
	}
	defer l.http.CloseIdleConnections()
	l.texts.rand = rand.New(rand.NewPCG(l.seed, 0))
	l.report = report{Statuses: map[int]uint64{}, started: time.Now()}
	if l.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.duration)
		defer cancel()
	}
	l.post(ctx, c)

	r := l.report.snapshot(l.monitor)
	c.printf("%s\n", r)
	if l.json {
		if err := json.NewEncoder(c.out).Encode(r); err != nil {
			return err
		}
	}
	if r.Unexpected > 0 {
		return fmt.Errorf("unexpected answers: %d; the last: %s", r.Unexpected, r.LastError)
	}
	return nil
}

// post posts one text at each tick, and waits for the answers. When the context ends, post
// still waits for the answers of the current requests.
func (l *load) post(ctx context.Context, c console) {
	var wg sync.WaitGroup
	defer wg.Wait()
	free := make(chan struct{}, l.concurrency)
	tick := time.NewTicker(max(time.Duration(float64(time.Second)/l.rate), 1))
	defer tick.Stop()
	reports := time.NewTicker(l.every)
	defer reports.Stop()
	for n := 1; ; {
		select {
		case <-ctx.Done():
			return
		case <-reports.C:
			r := l.report.snapshot(l.monitor)
			c.printf("%s\n", r)
		case <-tick.C:
			select {
			case free <- struct{}{}:
			default:
				l.report.skip()
				continue
			}
			id, text := fmt.Sprintf("%s-%d", l.prefix, n), l.texts.next()
			n++
			wg.Go(func() {
				defer func() { <-free }()
				l.one(context.WithoutCancel(ctx), id, text)
			})
		}
	}
}

// one posts one text and adds the answer to the report.
func (l *load) one(ctx context.Context, id, text string) {
	timer := l.monitor.Start(ctx, promptOperation)
	status, ans, err := l.send(bridge.ContextWithCorrelationID(ctx, id), text)
	took := timer.StopErr(err)
	if err == nil {
		err = check(id, text, status, &ans)
	}
	l.report.add(id, status, took, &ans, err)
}

// send posts one text and returns the answer.
func (l *load) send(ctx context.Context, text string) (status int, ans answer, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.target, strings.NewReader(text))
	if err != nil {
		return 0, ans, err
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	resp, err := l.http.Do(req)
	if err != nil {
		return 0, ans, err
	}
	defer resp.Body.Close()
	body := io.LimitReader(resp.Body, 1<<20)
	err = json.NewDecoder(body).Decode(&ans)
	_, _ = io.Copy(io.Discard, body) // the connection can be reused then
	return resp.StatusCode, ans, err
}

// check returns an error if an answer is not the one that the text should get.
func check(id, text string, status int, ans *answer) error {
	want := http.StatusOK
	if strings.HasSuffix(text, "\x00") {
		want = http.StatusUnprocessableEntity
	}
	switch {
	case status != want:
		return fmt.Errorf("%s: status %d, want %d: %s", id, status, want, ans.Error)
	case ans.CorrelationID != id:
		return fmt.Errorf("%s: the answer has the correlation ID %s", id, ans.CorrelationID)
	case ans.Bytes != len(text):
		return fmt.Errorf("%s: the front received %d of %d bytes", id, ans.Bytes, len(text))
	case status == http.StatusOK && (ans.Analysis == nil || ans.Analysis.Characters != len(text)):
		return errors.New(id + ": the analysis is of another text")
	}
	return nil
}
