package report

import "github.com/krunchwrapper/asynclog/benchmarks/internal/contender"

// titles are how contenders are called in tables.
var titles = map[string]string{
	contender.Asynclog:       "asynclog",
	contender.AsynclogOldest: "asynclog, `DropOldest`",
	contender.AsynclogBlock:  "asynclog, `Block`",
	contender.AsynclogSync:   "asynclog, synchronous",
	contender.SDK:            "SDK batch",
	contender.SDKSimple:      "SDK simple",
	contender.SlogJSON:       "slog JSON",
	contender.Zap:            "zap, buffered",
	contender.Zerolog:        "zerolog, diode",
	contender.Phuslu:         "phuslu, async",
	eightExporters:           "asynclog, 8 exporters",
}

// eightExporters is a variant that a section makes of a contender.
const eightExporters = contender.Asynclog + "-8"

var (
	pairNames = []string{contender.Asynclog, contender.SDK}
	// callNames are all whose log calls are compared.
	callNames = []string{
		contender.Asynclog, contender.SDK, contender.SDKSimple,
		contender.SlogJSON, contender.Zap, contender.Zerolog, contender.Phuslu,
	}
)
