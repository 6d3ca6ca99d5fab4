package main

import (
	"encoding/json"
	"testing"
)

func flooded(t *testing.T, args ...string) (floodResult, *printed) {
	t.Helper()
	status, p := invoke(t, append([]string{"flood"}, args...)...)
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, &p.err)
	}
	var r floodResult
	if err := json.Unmarshal(p.out.Bytes(), &r); err != nil {
		t.Fatalf("%v: %s", err, &p.out)
	}
	wantText(t, "standard error", p.err.String(), `"balanced":true`, `"service":"flood"`)
	return r, p
}

func TestFloodLosesNothingWhileItWaits(t *testing.T) {
	t.Setenv("ASYNC_LOG_QUEUE_SIZE", "256")
	r, _ := flooded(t, "-records", "20001", "-bursts", "2", "-every", "1ms", "-exporters", "3")
	if r.Emitted != 20001 || r.Exported != 20001 || r.Dropped != 0 || r.PerSecond <= 0 || r.Seconds <= 0 {
		t.Errorf("%+v", r)
	}
}

func TestFloodDrops(t *testing.T) {
	t.Setenv("ASYNC_LOG_QUEUE_SIZE", "1")
	for _, policy := range []string{"drop-newest", "drop-oldest", "drop-lowest"} {
		r, _ := flooded(t, "-records", "20000", "-overflow", policy)
		if r.Emitted != 20000 || r.Exported+r.Dropped != 20000 || r.Dropped == 0 {
			t.Errorf("%s: %+v", policy, r)
		}
	}
}

func TestShare(t *testing.T) {
	for _, n := range []int{0, 1, 7, 100} {
		sum := 0
		for i := range 7 {
			sum += share(n, 7, i)
		}
		if sum != n {
			t.Errorf("the shares of %d are %d", n, sum)
		}
	}
}
