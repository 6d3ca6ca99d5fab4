package report

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/latency"
)

// machine describes the machine on which the report was made.
type machine struct {
	cpu  string
	load string // load average before the measurements
}

func newMachine() machine {
	m := machine{cpu: "unknown", load: loadAverage()}
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close() //nolint:errcheck // it was only read
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
				m.cpu = strings.TrimSpace(value)
				break
			}
		}
	}
	return m
}

// loadAverage returns the load average of the last minute.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Fields(string(text))[0]
}

// kernel returns the operating system's version.
func kernel() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return runtime.GOOS
	}
	return runtime.GOOS + " " + strings.TrimSpace(string(text))
}

// modules are the modules whose versions the report names.
var modules = []string{
	"go.opentelemetry.io/otel/sdk/log",
	"go.opentelemetry.io/contrib/bridges/otelslog",
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc",
	"go.uber.org/zap",
	"github.com/rs/zerolog",
	"github.com/phuslu/log",
}

// versions returns the versions of modules.
func versions() []string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	var list []string
	for _, path := range modules {
		for _, dep := range info.Deps {
			if dep.Path == path {
				list = append(list, dep.Path+" "+dep.Version)
			}
		}
	}
	return list
}

// writeHead writes the text before the sections.
func (r *report) writeHead(w *strings.Builder, m machine) {
	fmt.Fprintf(w, "# Measured\n\n`make bench-report` wrote this on %s, in %v.\n\n", r.start.UTC().Format(time.DateOnly), time.Since(r.start).Round(time.Second))
	if r.Plan != Full {
		fmt.Fprint(w, "**This was a brief run. Its figures are meaningless.**\n\n")
	}
	fmt.Fprintf(w, "- %d cores (%s), %s/%s, %s, %s\n", runtime.NumCPU(), m.cpu, runtime.GOOS, runtime.GOARCH, kernel(), runtime.Version())
	fmt.Fprintf(w, "- load average before the run: %s; the smallest and largest ratios show the machine's noise\n", m.load)
	fmt.Fprintf(w, "- %s\n", strings.Join(versions(), ", "))
	fmt.Fprintf(w, `
Each measurement runs in a process of its own. Contenders are measured in turns, A B, B A, …. Figures are medians. A **ratio is the median of the ratios
of measurements that were made one right after the other**, asynclog divided by the other, with the smallest and the largest: below 1 asynclog takes less or,
for records a second, delivers fewer. asynclog and the SDK are compared %d times, all others %d times. Absolute figures are those of this machine; rely on the ratios.

The duration of a call includes a reading of the clock and an entry in a histogram, %s on this machine. The text says where a mean has no clock between the calls.
`, r.Plan.Pairs, r.Plan.Turns, duration(float64(latency.Overhead())))
}
