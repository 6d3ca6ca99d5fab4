package outage

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Counts are numbers of lost records by error.type.
type Counts map[string]int64

// Total returns the sum of the counts.
func (c Counts) Total() (n int64) {
	for _, count := range c {
		n += count
	}
	return n
}

// String lists the counts, sorted by reason.
func (c Counts) String() string {
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(c)) {
		parts = append(parts, fmt.Sprintf("%s %s", reason, thousands(c[reason])))
	}
	return strings.Join(parts, ", ")
}

// thousands formats a number as 1,234,567.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
