package report

import "strings"

// notes explain the settings and the limits of the comparison.
const notes = `
## Fairness

| contender | settings | source |
|---|---|---|
| asynclog | defaults, and the queue that the section names; slog through ` + "`bridge.NewHandler`" + ` | |
| SDK batch | the same queue; batch of 512 and interval of 1 s by default, as asynclog; slog through otelslog; self-observability off, as by default | [sdk/log](https://pkg.go.dev/go.opentelemetry.io/otel/sdk/log) |
| SDK simple | there are no settings | [sdk/log](https://pkg.go.dev/go.opentelemetry.io/otel/sdk/log#NewSimpleProcessor) |
| slog JSON | ` + "`LogAttrs`" + `, "the most efficient" | [log/slog](https://pkg.go.dev/log/slog#hdr-Attrs_and_Values) |
| zap, buffered | production encoder, no sampling, not sugared; ` + "`BufferedWriteSyncer`" + ` of 256 KiB, or, with a slow or blocked sink, space for as many lines as the others hold records; flushed every second | [zapcore](https://pkg.go.dev/go.uber.org/zap/zapcore#BufferedWriteSyncer) |
| zerolog, diode | UNIX timestamps; a diode with the size of the others' queue, without a poll interval | [diode](https://pkg.go.dev/github.com/rs/zerolog/diode#NewWriter) |
| phuslu, async | ` + "`AsyncWriter`" + ` with a channel of the size of the others' queue, nothing discarded; time format empty | [README](https://github.com/phuslu/log#async-file-writer) |

- asynclog and the SDK keep structured records for an exporter. The others encode JSON in the call and hold less data, so their log calls are cheaper. None of
  them supports OTLP.
- Most of the time of a log call of asynclog and of the SDK is spent in slog's API, in the conversion by otelslog or bridge, and in the SDK's logger. A
  processor can only reduce the cost of the hand-over.
- zerolog's diode and phuslu's AsyncWriter make one write for each record. In front of a sink whose writes take long, and on the wire, they have the buffer that
  zap has, which their documentation does not mention: without it they would deliver one record a write. phuslu's ` + "`writev`" + ` works on files only.
- Durations are of calls that were made. While callers wait, they make no further calls, so the missing calls are in no quantile; the column of calls a
  second shows them.
- Loops that do nothing but log are a worst case for all. With more goroutines than cores a mean depends much on the scheduler; the median and the
  quantiles are of calls, not of time.
- The receiver in another process shares the cores with the sender, so its records a second are those of a machine that does both.
- A record has arrived when the exporter returns nil, or when the write returns; over TCP, when the kernel has accepted it. A record that has not arrived
  counts as lost, whatever the contender's own counters say.
`

func writeNotes(w *strings.Builder) { w.WriteString(notes) }
