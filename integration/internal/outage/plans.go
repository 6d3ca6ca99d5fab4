package outage

import (
	"fmt"
	"time"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
)

// Plans returns the plans of the report. They take about three minutes a subject. The
// stock exporters give up after ten seconds, so faults that only drop requests or
// responses last longer.
func Plans(over rig.Protocol) []Plan {
	kill := func(queue int) Plan {
		return Plan{Over: over, Records: 100_000, Rate: 4000, Queue: queue, After: 2 * time.Second, Fault: Kill(20 * time.Second)}
	}
	faulty := func(name string, toxic rig.Toxic) Plan {
		const during = 15 * time.Second
		return Plan{Over: over, Records: 80_000, Rate: 4000, Queue: 100_000, After: 2 * time.Second, Fault: Faulty(name, during, toxic)}
	}
	return []Plan{
		kill(100_000),
		kill(10_000),
		faulty("2 s latency", rig.Latency(2*time.Second, time.Second)),
		faulty("20 kB a second", rig.Bandwidth(20)),
		faulty("connections reset", rig.ResetPeer(0)),
		faulty("half open, nothing arrives", rig.DropRequests()),
		faulty("half open, no answer", rig.DropResponses()),
	}
}

// String describes the plan in a few words.
func (p Plan) String() string {
	return fmt.Sprintf("%s, %s, queue %s", p.Fault.Name, p.Over.Name, thousands(int64(p.Queue)))
}
