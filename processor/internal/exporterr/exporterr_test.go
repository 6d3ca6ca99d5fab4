package exporterr

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/processor/internal/errortest"
)

func TestClassifyHint(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		want time.Duration
	}{
		{"none", errortest.GRPC(14), 0},
		{"RetryInfo", errortest.GRPC(14, &errortest.RetryInfo{Delay: 3 * time.Second}), 3 * time.Second},
		{"wrapped", fmt.Errorf("x: %w", errortest.GRPC(8, &errortest.RetryInfo{Delay: time.Second})), time.Second},
		{"the longest of several", errors.Join(errortest.Retryable(2*time.Second), errortest.Retryable(time.Second)), 2 * time.Second},
		{"below zero", errortest.GRPC(14, &errortest.RetryInfo{Delay: -time.Second}), 0},
		{"Retry-After", errortest.Retryable(7 * time.Second), 7 * time.Second},
		{"Retry-After of an older exporter", errortest.RetryableSeconds(7), 7 * time.Second},
		{"Retry-After of an older exporter, without end", errortest.RetryableSeconds(math.MaxInt64), MaxHint},
		{"a code that is not retried", errortest.GRPC(3, &errortest.RetryInfo{Delay: time.Second}), 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, got := Classify(tc.err); got != tc.want {
				t.Errorf("%v, want %v", got, tc.want)
			}
		})
	}
}

func TestRejected(t *testing.T) {
	refused := errors.New("connection refused")
	for _, tc := range []struct {
		name string
		err  error
		want int
		ok   bool
	}{
		{"another error", refused, 0, false},
		{"partial success", errortest.Partial(3, "quota"), 3, true},
		{"a warning", errortest.Partial(0, "slow down"), 0, true},
		{"below zero", errortest.Partial(-1, ""), 0, true},
		{"wrapped", fmt.Errorf("export: %w", errortest.Partial(3, "")), 3, true},
		{"several", errors.Join(errortest.Partial(3, ""), errortest.Partial(4, "")), 7, true},
		{"joined with a failure", errors.Join(errortest.Partial(3, ""), refused), 0, false},
		{"only the text", errors.New("OTLP partial success: quota (3 logs rejected)"), 3, true},
		{"a text with a huge number", errors.New("OTLP partial success: quota (99999999999999999999 logs rejected)"), math.MaxInt32, true},
		{"the text of other signals", errors.New("OTLP partial success: quota (3 spans rejected)"), 0, false},
		{"an empty list", errortest.Many{}, 0, false},
		{"wraps itself", errortest.NewRing(), 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if n, ok := Rejected(tc.err); n != tc.want || ok != tc.ok {
				t.Errorf("%d, %t, want %d, %t", n, ok, tc.want, tc.ok)
			}
		})
	}
}

type isDeadline struct{ error }

func (isDeadline) Is(target error) bool { return target == context.DeadlineExceeded }

func TestIs(t *testing.T) {
	target := errors.New("target")
	for _, tc := range []struct {
		name string
		err  error
		want bool
	}{
		{"nil", nil, false},
		{"the target", target, true},
		{"wrapped", fmt.Errorf("x: %w", target), true},
		{"joined", errors.Join(errors.New("x"), nil, target), true},
		{"behind an error that wraps itself", errors.Join(errortest.NewRing(), target), false},
		{"before an error that wraps itself", errors.Join(target, errortest.NewRing()), true},
		{"another", errortest.NewRing(), false},
	} {
		if got := Is(tc.err, target); got != tc.want {
			t.Errorf("%s: %t, want %t", tc.name, got, tc.want)
		}
	}
	if !Is(fmt.Errorf("x: %w", isDeadline{target}), context.DeadlineExceeded) {
		t.Error("the error's Is is not asked")
	}
}

func TestWalkIsBounded(t *testing.T) {
	many := errortest.Many{}
	for range 10 * maxErrors {
		many = append(many, errortest.NewRing())
	}
	visited := 0
	walk(many, func(error) bool { visited++; return false })
	if visited != maxErrors {
		t.Errorf("%d errors visited, want %d", visited, maxErrors)
	}
}

// partlyWritten is the error of an exporter that knows how far it got.
type partlyWritten struct {
	n                   int
	permanent, reported bool
}

func (partlyWritten) Error() string         { return "broken pipe" } // its text alone would be Transient
func (e partlyWritten) RecordsWritten() int { return e.n }
func (e partlyWritten) Permanent() bool     { return e.permanent }
func (e partlyWritten) Reported() bool      { return e.reported }

func TestPartlyWritten(t *testing.T) {
	for _, tt := range []struct {
		err      error
		written  int
		reported bool
		class    Class
	}{
		{partlyWritten{3, true, true}, 3, true, Permanent},
		{fmt.Errorf("wrapped: %w", partlyWritten{3, true, false}), 3, false, Permanent},
		{partlyWritten{-1, false, false}, 0, false, Transient},
		{errors.New("plain"), 0, false, Unknown},
	} {
		class, _ := Classify(tt.err)
		if n, r := Written(tt.err), Reported(tt.err); n != tt.written || r != tt.reported || class != tt.class {
			t.Errorf("%v: %d written, reported %t, class %d; want %d, %t, %d", tt.err, n, r, class, tt.written, tt.reported, tt.class)
		}
	}
}
