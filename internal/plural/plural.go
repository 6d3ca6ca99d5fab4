// Package plural writes counts together with their nouns.
package plural

import "strconv"

// Of returns the count followed by the noun, which gets an s unless the count is 1:
// "1 record", "2 records".
func Of[N int | int64 | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if n < 0 {
		return strconv.FormatInt(int64(n), 10) + " " + noun + "s"
	}
	return strconv.FormatUint(uint64(n), 10) + " " + noun + "s"
}
