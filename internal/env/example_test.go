package env_test

import (
	"fmt"

	"github.com/krunchwrapper/asynclog/internal/env"
)

func Example() {
	environ := map[string]string{
		env.BLRPMaxQueueSize:  "4096",
		env.BLRPScheduleDelay: "250",
		env.BLRPExportTimeout: "0",
	}
	lookup := func(key string) (string, bool) {
		v, ok := environ[key]
		return v, ok
	}
	handle := func(err error) { fmt.Println("report:", err) }

	if n, ok := env.Int(lookup, handle, env.BLRPMaxQueueSize); ok {
		fmt.Println("queue size", n)
	}
	if d, ok := env.Millis(lookup, handle, env.BLRPScheduleDelay); ok {
		fmt.Println("delay", d)
	}
	if _, ok := env.Millis(lookup, handle, env.BLRPExportTimeout); !ok {
		fmt.Println("timeout: use the default")
	}
	if _, ok := env.Int(lookup, handle, env.BLRPMaxExportBatchSize); !ok {
		fmt.Println("batch size: use the default")
	}
	// Output:
	// queue size 4096
	// delay 250ms
	// timeout: use the default
	// batch size: use the default
}
