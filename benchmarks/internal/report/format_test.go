package report

import (
	"math"
	"testing"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/pair"
)

func TestFormat(t *testing.T) {
	for _, f := range []struct{ got, want string }{
		{duration(0), "0 ns"},
		{duration(57.04), "57.0 ns"},
		{duration(999), "999 ns"},
		{duration(999.9), "1.00 µs"},
		{duration(1234), "1.23 µs"},
		{duration(4.7e6), "4.70 ms"},
		{duration(2.5e10), "25.0 s"},
		{duration(math.NaN()), none},
		{size(584), "584 B"},
		{size(30.8 * 1024 * 1024), "30.8 MiB"},
		{count(7), "7"},
		{count(999.6), "1,000"},
		{count(534579), "534,579"},
		{count(12e6), "12,000,000"},
		{count(1002003), "1,002,003"},
		{count(math.Inf(1)), none},
		{percent(0), "0.0 %"},
		{percent(0.0004), "< 0.1 %"},
		{percent(0.257), "25.7 %"},
		{percent(1), "100.0 %"},
		{twoDigits(0.004), "0.004"},
		{twoDigits(0.26), "0.26"},
		{twoDigits(1.5), "1.50"},
		{twoDigits(1234), "1,234"},
		{ratio(pair.Spread{Median: 0.26, Min: 0.2, Max: 1.1, N: 7}), "0.26 (0.20–1.10)"},
		{ratio(pair.Spread{Median: 0.26, Min: 0.26, Max: 0.26, N: 1}), "0.26"},
		{ratio(pair.Spread{Median: math.NaN(), Min: math.NaN(), Max: math.NaN()}), none},
		{significant(23.26), "23.3"},
		{significant(0.0123), "0.0123"},
	} {
		if f.got != f.want {
			t.Errorf("%q, want %q", f.got, f.want)
		}
	}
}

func TestTable(t *testing.T) {
	table := newTable("a", "b")
	table.add("1", "2")
	if got, want := table.String(), "| a | b |\n|---|--:|\n| 1 | 2 |\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
