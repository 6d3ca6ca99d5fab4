package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/pair"
)

const none = "–"

// significant formats f with three significant digits.
func significant(f float64) string {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return none
	case f == 0:
		return "0"
	}
	// The exponent is that of the rounded figure: 0.9999 becomes 1.00.
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'e', 2, 64), 64)
	digits := 2 - int(math.Floor(math.Log10(math.Abs(rounded))))
	return strconv.FormatFloat(rounded, 'f', max(0, digits), 64)
}

// scaled formats f in the largest unit in which it is at least one.
func scaled(f float64, step float64, units ...string) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return none
	}
	i := 0
	for i < len(units)-1 && math.Abs(f) >= step*0.9995 {
		f /= step
		i++
	}
	return significant(f) + " " + units[i]
}

func duration(ns float64) string { return scaled(ns, 1000, "ns", "µs", "ms", "s") }
func size(bytes float64) string  { return scaled(bytes, 1024, "B", "KiB", "MiB", "GiB") }

// count formats a whole number with thousands separators.
func count(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return none
	}
	digits := strconv.FormatFloat(math.Round(f), 'f', 0, 64)
	var parts []string
	for len(digits) > 3 {
		parts = append([]string{digits[len(digits)-3:]}, parts...)
		digits = digits[:len(digits)-3]
	}
	return strings.Join(append([]string{digits}, parts...), ",")
}

// percent formats a share. A share above zero is never shown as zero.
func percent(share float64) string {
	switch p := 100 * share; {
	case math.IsNaN(p):
		return none
	case p > 0 && p < 0.1:
		return "< 0.1 %"
	default:
		return strconv.FormatFloat(p, 'f', 1, 64) + " %"
	}
}

// ratio formats the median of ratios, with the smallest and the largest.
func ratio(s pair.Spread) string {
	if s.N == 0 {
		return none
	}
	if s.N == 1 {
		return twoDigits(s.Median)
	}
	return fmt.Sprintf("%s (%s–%s)", twoDigits(s.Median), twoDigits(s.Min), twoDigits(s.Max))
}

// twoDigits formats f with two decimals from 0.1 on, and with one significant digit
// below.
func twoDigits(f float64) string {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return none
	case f >= 100:
		return count(f)
	case f >= 0.1 || f == 0:
		return strconv.FormatFloat(f, 'f', 2, 64)
	default:
		return strconv.FormatFloat(f, 'g', 1, 64)
	}
}
