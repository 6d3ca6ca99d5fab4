package env_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/krunchwrapper/asynclog/internal/env"
)

// TestReportsOncePerKeyAndValue: Int and Millis share the memory of reports, because the
// mistake is in the variable and not in its reader.
func TestReportsOncePerKeyAndValue(t *testing.T) {
	var errs []error
	key, other := freshKey(), freshKey()
	for range 3 {
		env.Int(lookupOf(key, "bad", true), collect(&errs), key)
		env.Millis(lookupOf(key, "bad", true), collect(&errs), key)
	}
	if len(errs) != 1 {
		t.Fatalf("same key and value: %d reports, want 1: %v", len(errs), errs)
	}
	env.Int(lookupOf(key, "worse", true), collect(&errs), key)
	env.Int(lookupOf(other, "bad", true), collect(&errs), other)
	if len(errs) != 3 {
		t.Errorf("another value and another key: %d reports in all, want 3: %v", len(errs), errs)
	}
}

func TestReportConcurrentSafe(t *testing.T) {
	var reports atomic.Int64
	key := freshKey()
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			env.Int(lookupOf(key, "bad", true), func(error) { reports.Add(1) }, key)
		})
	}
	wg.Wait()
	if n := reports.Load(); n != 1 {
		t.Errorf("%d reports, want 1", n)
	}
}
