package prompt

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	var c Compressor
	for _, text := range []string{"", "x", strings.Repeat("The dog does not mind. ", 1000), "another, with the same writer and reader"} {
		var b bytes.Buffer
		if err := c.Compress(&b, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := c.Verify(b.Bytes(), []byte(text)); err != nil {
			t.Errorf("%d bytes: %v", len(text), err)
		}
		for _, other := range []string{text + "x", "x" + text} {
			if err := c.Verify(b.Bytes(), []byte(other)); !errors.Is(err, ErrRoundTrip) {
				t.Errorf("%d bytes compared with others: %v", len(text), err)
			}
		}
		if err := c.Verify(b.Bytes()[:b.Len()-1], []byte(text)); err == nil {
			t.Errorf("%d bytes, cut short: no error", len(text))
		}
	}
}
