package main

import (
	"strconv"
	"strings"
)

// figures is what a line of a benchmark says.
type figures struct {
	nanoseconds, allocs float64 // per operation
}

// parse adds the figures in the output of a test binary by the benchmark's name,
// and returns the names in order.
func parse(output string, into map[string]figures) (names []string) {
	for line := range strings.SplitSeq(output, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		var f figures
		for i := 2; i+1 < len(fields); i += 2 {
			n, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				break
			}
			switch fields[i+1] {
			case "ns/op":
				f.nanoseconds = n
			case "allocs/op":
				f.allocs = n
			}
		}
		if f.nanoseconds > 0 {
			names = append(names, fields[0])
			into[fields[0]] = f
		}
	}
	return names
}
