package env_test

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/internal/env"
)

func TestMillis(t *testing.T) {
	const most = int64(math.MaxInt64 / time.Millisecond)
	for _, tc := range []struct {
		name   string
		value  string
		unset  bool
		want   time.Duration
		ok     bool
		report error
	}{
		{name: "unset", unset: true},
		{name: "empty", value: ""},
		{name: "one", value: "1", want: time.Millisecond, ok: true},
		{name: "plain", value: "12000", want: 12 * time.Second, ok: true},
		{name: "zero", value: "0"},
		{name: "negative", value: "-1"},
		{name: "largest exact", value: strconv.FormatInt(most, 10), want: time.Duration(most) * time.Millisecond, ok: true},
		{name: "saturated", value: strconv.FormatInt(most+1, 10), want: math.MaxInt64, ok: true},
		// In the SDK the product wraps around to a duration of 448 microseconds.
		{name: "wraps to a positive", value: "18446744073710", want: math.MaxInt64, ok: true},
		{name: "largest int64", value: "9223372036854775807", want: math.MaxInt64, ok: true},
		{name: "beyond int64", value: "99999999999999999999", want: math.MaxInt64, ok: true},
		{name: "below int64", value: "-99999999999999999999"},
		{name: "beyond int64, then a letter", value: "99999999999999999999s", report: strconv.ErrRange},
		{name: "duration", value: "1s", report: strconv.ErrSyntax},
		{name: "fraction", value: "0.1", report: strconv.ErrSyntax},
		{name: "leading blank", value: " 5", report: strconv.ErrSyntax},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var errs []error
			key := freshKey()
			d, ok := env.Millis(lookupOf(key, tc.value, !tc.unset), collect(&errs), key)
			if d != tc.want || ok != tc.ok {
				t.Errorf("Millis(%q) = %d, %t; want %d, %t", tc.value, d, ok, tc.want, tc.ok)
			}
			checkReport(t, errs, tc.report, key, tc.value)
		})
	}
}
