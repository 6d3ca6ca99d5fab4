package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestProbe(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer server.Close()
	check := func(want int, args ...string) {
		t.Helper()
		var b bytes.Buffer
		if got := run(&b, args); got != want || (want != 0) != (b.Len() > 0) {
			t.Errorf("%q: exit status %d, want %d: %s", args, got, want, &b)
		}
	}
	check(0, server.URL)
	status = http.StatusServiceUnavailable
	check(1, server.URL)
	check(1, "http://127.0.0.1:1/")
	check(2)
	check(2, server.URL, server.URL)
}
