package main

import (
	"strings"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/processor"
)

func TestBadFlags(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"-repeat 0", `invalid value "0" for flag -repeat: must be a whole number from 1 to 1000000000`},
		{"-repeat 1.5", `flag -repeat: must be a whole number`},
		{"-workers -1", `invalid value "-1" for flag -workers: must be a whole number from 1 to 1000`},
		{"-workers 1001", `flag -workers: must be`},
		{"-queue many", `invalid value "many" for flag -queue: must be a whole number from 1 to 1000000`},
		{"-overflow drop", `invalid value "drop" for flag -overflow: must be one of drop-newest, drop-oldest, drop-lowest, block`},
		{"-overflow block -maxwait 0s", `invalid value "0s" for flag -maxwait: must be a duration such as 500ms or 2s, more than 0 and at most 1m0s`},
		{"-overflow block -maxwait 2", `invalid value "2" for flag -maxwait`},
		{"-overflow block -maxwait 1h", `invalid value "1h" for flag -maxwait`},
		{"-maxwait 2s", `flag -maxwait is for -overflow block, not for drop-newest`},
		{"-out= a.md", `invalid value "" for flag -out: must be the name of a file, or - for standard output`},
		{"-nosuch", `flag provided but not defined: -nosuch`},
		{"a.md -repeat 2", `flag -repeat after a file name`},
		{"- -", `standard input (-) is named twice`},
	} {
		t.Run(test.args, func(t *testing.T) {
			r := invoke(t, text, strings.Fields(test.args)...)
			r.wantStatus(t, exitUsage)
			r.wantError(t, "files: ", test.want)
			if r.stdout != "" {
				t.Errorf("standard output: %s", r.stdout)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	r := invoke(t, "", "-h")
	r.wantStatus(t, exitOK)
	for _, flag := range []string{"-out", "-repeat", "-workers", "-overflow", "-maxwait", "-queue"} {
		if !strings.Contains(r.stdout, "\n  "+flag+" ") {
			t.Errorf("the usage does not explain %s:\n%s", flag, r.stdout)
		}
	}
}

func TestOverflowOption(t *testing.T) {
	for _, test := range []struct {
		args string
		want processor.Overflow
	}{
		{"", processor.DropNewest},
		{"-overflow drop-newest", processor.DropNewest},
		{"-overflow drop-oldest", processor.DropOldest},
		{"-overflow drop-lowest", processor.DropLowest},
		{"-overflow block", processor.Block(time.Second)},
		{"-maxwait 20ms -overflow block", processor.Block(20 * time.Millisecond)},
	} {
		o, err := parseFlags(strings.Fields(test.args))
		if err != nil || o.overflow() != test.want {
			t.Errorf("%q: %v, %v, want %v", test.args, o.overflow(), err, test.want)
		}
	}
}
