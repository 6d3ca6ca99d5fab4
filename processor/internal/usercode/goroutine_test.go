package usercode

import "testing"

func TestGoroutineID(t *testing.T) {
	here := GoroutineID()
	there := make(chan uint64)
	go func() { there <- GoroutineID() }()
	if other := <-there; here == 0 || other == 0 || here == other || here != GoroutineID() {
		t.Errorf("%d here, %d on another goroutine", here, other)
	}
	if n := testing.AllocsPerRun(100, func() { GoroutineID() }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
