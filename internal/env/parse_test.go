package env_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/krunchwrapper/asynclog/internal/env"
)

// TestParse: the parsers return the errors that Int and Millis do not report.
func TestParse(t *testing.T) {
	if n, err := env.ParseInt("KEY", "5"); n != 5 || err != nil {
		t.Errorf("ParseInt: %d, %v", n, err)
	}
	if d, err := env.ParseMillis("KEY", "99999999999999999999"); d != time.Duration(math.MaxInt64) || err != nil {
		t.Errorf("ParseMillis: %v, %v", d, err)
	}
	for v, small := range map[string]bool{"0": true, "-1": true, "": false, "x": false} {
		_, errInt := env.ParseInt("KEY", v)
		_, errMillis := env.ParseMillis("KEY", v)
		for _, err := range []error{errInt, errMillis} {
			if !errors.Is(err, env.ErrInvalid) || errors.Is(err, env.ErrTooSmall) != small {
				t.Errorf("%q: error %v", v, err)
			}
			checkReport(t, []error{err}, env.ErrInvalid, "KEY", v)
		}
	}
	if _, err := env.ParseInt("KEY", strings.Repeat("x", 10_000)); len(err.Error()) > 300 {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}
