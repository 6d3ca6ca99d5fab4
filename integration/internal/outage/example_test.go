package outage_test

import (
	"context"
	"fmt"
	"time"

	"github.com/krunchwrapper/asynclog/integration/internal/outage"
	"github.com/krunchwrapper/asynclog/integration/internal/rig"
)

// The network is cut for a second, and the Collector is killed and started again.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	result, err := outage.Run(ctx, outage.Asynclog, outage.Plan{
		Over:    rig.HTTP,
		Records: 3000, Rate: 2000, Queue: 3000,
		After: 200 * time.Millisecond, Fault: outage.Kill(0),
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Emitted, "emitted,", result.Arrived, "arrived; reported:", result.Reported())
	if err := result.Check(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 3000 emitted, 3000 arrived; reported: nothing lost
}
