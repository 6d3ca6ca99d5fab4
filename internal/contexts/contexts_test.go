package contexts

import (
	"context"
	"testing"
)

func TestOrBackground(t *testing.T) {
	if got := OrBackground(t.Context()); got != t.Context() {
		t.Errorf("%v, want the context itself", got)
	}
	var none context.Context
	if got := OrBackground(none); got != context.Background() {
		t.Errorf("%v for nil, want the background context", got)
	}
}
