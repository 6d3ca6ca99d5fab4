package env_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/krunchwrapper/asynclog/internal/env"
)

// serial makes keys that are new to the process, so that tests of "once per key and value"
// also pass with -count.
var serial atomic.Int64

func freshKey() string { return fmt.Sprintf("TEST_VARIABLE_%d", serial.Add(1)) }

func lookupOf(key, value string, set bool) func(string) (string, bool) {
	return func(k string) (string, bool) {
		if k != key {
			return "", false
		}
		return value, set
	}
}

func collect(errs *[]error) func(error) {
	return func(err error) { *errs = append(*errs, err) }
}

func checkReport(t *testing.T, errs []error, cause error, key, value string) {
	t.Helper()
	if cause == nil {
		if len(errs) != 0 {
			t.Errorf("reported %v, want nothing", errs)
		}
		return
	}
	if len(errs) != 1 {
		t.Fatalf("%d reports, want 1: %v", len(errs), errs)
	}
	err := errs[0]
	if !errors.Is(err, env.ErrInvalid) || !errors.Is(err, cause) {
		t.Errorf("error %q wraps not both %q and %q", err, env.ErrInvalid, cause)
	}
	for _, part := range []string{key, strconv.Quote(value), "allowed: a whole number"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not contain %q", err, part)
		}
	}
}
