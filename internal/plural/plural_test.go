package plural

import (
	"math"
	"testing"
)

func TestOf(t *testing.T) {
	for _, tc := range []struct{ got, want string }{
		{Of(0, "record"), "0 records"},
		{Of(1, "record"), "1 record"},
		{Of(2, "record"), "2 records"},
		{Of(-1, "record"), "-1 records"},
		{Of(int64(1), "more error"), "1 more error"},
		{Of(uint64(math.MaxUint64), "byte"), "18446744073709551615 bytes"},
	} {
		if tc.got != tc.want {
			t.Errorf("%q, want %q", tc.got, tc.want)
		}
	}
}
