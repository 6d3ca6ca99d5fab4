package report

import "github.com/krunchwrapper/asynclog/benchmarks/internal/contender"

// titles are the names of contenders in tables.
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

// eightExporters is a variant of a contender, for one section.
const eightExporters = contender.Asynclog + "-8"

var (
	pairNames = []string{contender.Asynclog, contender.SDK}
	// callNames are the contenders whose log calls are compared.
	callNames = []string{
		contender.Asynclog, contender.SDK, contender.SDKSimple,
		contender.SlogJSON, contender.Zap, contender.Zerolog, contender.Phuslu,
	}
)
