package outage

import (
	"fmt"
	"time"

	"github.com/krunchwrapper/asynclog/integration/internal/rig"
)

// Plans returns what the report has each subject go through. It takes some three
// minutes a subject. The stock exporters give up after ten seconds, so faults that
// only silence them last longer.
func Plans(over rig.Protocol) []Plan {
	kill := func(queue int) Plan {
		return Plan{Over: over, Records: 100_000, Rate: 4000, Queue: queue, After: 2 * time.Second, Trouble: Killed(20 * time.Second)}
	}
	poison := func(t Trouble) Plan {
		return Plan{Over: over, Records: 80_000, Rate: 4000, Queue: 100_000, After: 2 * time.Second, Trouble: t}
	}
	const during = 15 * time.Second
	return []Plan{
		kill(100_000),
		kill(10_000),
		poison(Poisoned("2 s latency", during, rig.Latency(2*time.Second, time.Second))),
		poison(Poisoned("20 kB a second", during, rig.Bandwidth(20))),
		poison(Poisoned("connections reset", during, rig.ResetPeer(0))),
		poison(Poisoned("half open, nothing arrives", during, rig.Deaf())),
		poison(Poisoned("half open, no answer", during, rig.Mute())),
	}
}

// String describes the plan in a few words.
func (p Plan) String() string {
	return fmt.Sprintf("%s, %s, queue %s", p.Trouble.Name, p.Over.Name, thousands(int64(p.Queue)))
}
