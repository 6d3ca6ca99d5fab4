package main

import (
	"bytes"
	"strings"
	"testing"
)

const output = `goos: linux
BenchmarkA/n=1-2   	 1000	       120.5 ns/op	  16 B/op	       1 allocs/op
BenchmarkB-2       	 1000	        40 ns/op	        12.5 MB/s	   0 B/op	       0 allocs/op
BenchmarkNone-2
PASS
`

func TestParse(t *testing.T) {
	got := map[string]figures{}
	names := parse(output, got)
	if strings.Join(names, " ") != "BenchmarkA/n=1-2 BenchmarkB-2" {
		t.Errorf("names %q", names)
	}
	if got["BenchmarkA/n=1-2"] != (figures{120.5, 1}) || got["BenchmarkB-2"] != (figures{40, 0}) {
		t.Errorf("%v", got)
	}
}

// TestWritePairs: the median of the ratios of neighbours, and no benchmark that only
// one of the commits has.
func TestWritePairs(t *testing.T) {
	var all []*measured
	for _, p := range [][2]float64{{100, 50}, {10, 20}, {10, 10}} {
		before, after := map[string]figures{"A": {p[0], 2}}, map[string]figures{"A": {p[1], 1}, "B": {1, 1}}
		all = add(all, []string{"A", "B"}, before, after)
	}
	if len(all) != 1 {
		t.Fatalf("%d benchmarks, want A alone", len(all))
	}
	var out bytes.Buffer
	if err := write(&out, "v1", all); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(strings.Fields(strings.Split(out.String(), "\n")[1]), " "); got != "A 10 20 1.000 (0.500–2.000) 2 1" {
		t.Errorf("printed %q", got)
	}
}

func TestBadFlags(t *testing.T) {
	for _, args := range [][]string{{"-pairs", "0"}, {"-benchtime", "-1s"}, {"more"}, {"-no-such"}} {
		if err := run(t.Context(), args, &bytes.Buffer{}, &bytes.Buffer{}); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
