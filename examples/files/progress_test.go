package main

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &slowWriter{pause: 10 * time.Millisecond}
		r := invokeWith(t.Context(), t, "short\n", out, "-overflow", "block", "-queue", "10", "-repeat", "75", "-")
		r.wantStatus(t, exitOK) // after 451 records of 10 ms
		var seconds []string
		for _, m := range regexp.MustCompile(`(?m)^(\d)s: \d+ documents, \d+ records, \d{2,3}/s, \d+ queued$`).FindAllStringSubmatch(r.stderr, -1) {
			seconds = append(seconds, m[1])
		}
		if want := []string{"2", "3", "4"}; !slices.Equal(seconds, want) {
			t.Errorf("progress after %v s, want %v:\n%s", seconds, want, r.stderr)
		}
	})
}

func TestNoProgressWhenShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &slowWriter{pause: 10 * time.Millisecond}
		r := invokeWith(t.Context(), t, "short\n", out, "-repeat", "25", "-")
		if strings.Contains(r.stderr, " queued\n") {
			t.Errorf("progress of a run of 1.5 s:\n%s", r.stderr)
		}
	})
}

func TestProgressOnTerminal(t *testing.T) {
	var b bytes.Buffer
	con := newConsole(&b)
	if con.terminal {
		t.Error("a buffer is taken for a terminal")
	}
	con.terminal = true
	con.show("one")
	con.show("two")
	con.printf("message")
	con.show("three")
	_, _ = con.Write([]byte("summary\n"))
	want := eraseLine + "one" + eraseLine + "two" + eraseLine + "files: message\n" + eraseLine + "three" + eraseLine + "summary\n"
	if b.String() != want {
		t.Errorf("wrote %q, want %q", b.String(), want)
	}
}
