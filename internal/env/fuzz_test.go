package env_test

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/internal/env"
)

// FuzzValue compares Int with the rule of the SDK, and Millis with arithmetic that cannot
// overflow.
func FuzzValue(f *testing.F) {
	for _, v := range []string{
		"", "0", "1", "-1", "+1", "512", " 512", "1s", "1.0", "0x1", "1_0", "\x00", "١",
		"9223372036854", "9223372036855", "18446744073710",
		"9223372036854775807", "9223372036854775808", "-9223372036854775809", "99999999999999999999", "20000000000000000000A",
	} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		const key = "FUZZED"
		lookup := lookupOf(key, v, true)
		handle := func(err error) {
			if !errors.Is(err, env.ErrInvalid) {
				t.Errorf("%q: reported %v, which is not ErrInvalid", v, err)
			}
		}

		n, ok := env.Int(lookup, handle, key)
		want, err := strconv.Atoi(v)
		wantOK := err == nil && want >= 1
		if ok != wantOK || (ok && n != want) || (!ok && n != 0) || (ok && n < 1) {
			t.Errorf("Int(%q) = %d, %t; Atoi says %d, %v", v, n, ok, want, err)
		}

		d, ok := env.Millis(lookup, handle, key)
		if wantD, wantOK := exactMillis(v); d != wantD || ok != wantOK {
			t.Errorf("Millis(%q) = %d, %t; want %d, %t", v, d, ok, wantD, wantOK)
		}
	})
}

func exactMillis(v string) (time.Duration, bool) {
	n, ok := new(big.Int).SetString(v, 10)
	if !ok || n.Sign() < 1 {
		return 0, false
	}
	n.Mul(n, big.NewInt(int64(time.Millisecond)))
	if !n.IsInt64() {
		return math.MaxInt64, true
	}
	return time.Duration(n.Int64()), true
}
