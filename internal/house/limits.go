package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// limit is one line of limits.txt.
type limit struct {
	quantity string   // one of quantities
	where    []string // paths or packages; "*": all that no other limit names
	most     int
}

var quantities = []string{"files", "lines", "options", "names", "word"}

// everything is the place of a limit for whatever has no limit of its own.
const everything = "*"

// parseLimits returns an error that begins with the number of the bad line.
func parseLimits(text string) ([]limit, error) {
	var limits []limit
	for i, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) < 3 {
			return nil, fmt.Errorf("%d: want a quantity, a place and a number", i+1)
		}
		if !slices.Contains(quantities, fields[0]) {
			return nil, fmt.Errorf("%d: unknown quantity %q; allowed: %s", i+1, fields[0], strings.Join(quantities, ", "))
		}
		most, err := strconv.Atoi(fields[2])
		if err != nil || most < 0 {
			return nil, fmt.Errorf("%d: %q is not a number from 0", i+1, fields[2])
		}
		limits = append(limits, limit{fields[0], strings.Split(fields[1], ","), most})
	}
	return limits, nil
}

// named reports whether a limit of this quantity names the place.
func named(limits []limit, quantity, place string) bool {
	return slices.ContainsFunc(limits, func(l limit) bool {
		return l.quantity == quantity && slices.Contains(l.where, place)
	})
}
