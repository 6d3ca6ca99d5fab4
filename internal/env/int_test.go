package env_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/krunchwrapper/asynclog/internal/env"
)

func TestInt(t *testing.T) {
	for _, tc := range []struct {
		name   string
		value  string
		unset  bool
		want   int
		ok     bool
		report error
	}{
		{name: "unset", unset: true},
		{name: "empty", value: ""},
		{name: "one", value: "1", want: 1, ok: true},
		{name: "plain", value: "2048", want: 2048, ok: true},
		{name: "plus sign", value: "+5", want: 5, ok: true},
		{name: "leading zeros", value: "007", want: 7, ok: true},
		{name: "largest", value: strconv.Itoa(math.MaxInt), want: math.MaxInt, ok: true},
		{name: "zero", value: "0"},
		{name: "negative", value: "-3"},
		{name: "word", value: "many", report: strconv.ErrSyntax},
		{name: "fraction", value: "1.5", report: strconv.ErrSyntax},
		{name: "exponent", value: "1e3", report: strconv.ErrSyntax},
		{name: "hexadecimal", value: "0x10", report: strconv.ErrSyntax},
		{name: "underscore", value: "1_000", report: strconv.ErrSyntax},
		{name: "leading blank", value: " 100", report: strconv.ErrSyntax},
		{name: "trailing newline", value: "100\n", report: strconv.ErrSyntax},
		{name: "blank", value: " ", report: strconv.ErrSyntax},
		{name: "too large", value: "9223372036854775808", report: strconv.ErrRange},
		{name: "too small", value: "-9223372036854775809", report: strconv.ErrRange},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var errs []error
			key := freshKey()
			n, ok := env.Int(lookupOf(key, tc.value, !tc.unset), collect(&errs), key)
			if n != tc.want || ok != tc.ok {
				t.Errorf("Int(%q) = %d, %t; want %d, %t", tc.value, n, ok, tc.want, tc.ok)
			}
			checkReport(t, errs, tc.report, key, tc.value)
		})
	}
}

func TestKeys(t *testing.T) {
	for got, want := range map[string]string{
		env.BLRPMaxQueueSize:       "OTEL_BLRP_MAX_QUEUE_SIZE",
		env.BLRPScheduleDelay:      "OTEL_BLRP_SCHEDULE_DELAY",
		env.BLRPExportTimeout:      "OTEL_BLRP_EXPORT_TIMEOUT",
		env.BLRPMaxExportBatchSize: "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
	} {
		if got != want {
			t.Errorf("key %q, want %q", got, want)
		}
	}
}
