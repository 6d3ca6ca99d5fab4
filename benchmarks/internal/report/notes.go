package report

import "strings"

// notes are for those who ask whether it was fair.
const notes = `
## Is it fair?

| contender | settings | source |
|---|---|---|
| asynclog | defaults, and the queue that the section names; slog through ` + "`bridge.NewHandler`" + ` | |
| SDK batch | the same queue; batch of 512 and interval of 1 s by default, as asynclog; slog through otelslog; self-observability off, as by default | [sdk/log](https://pkg.go.dev/go.opentelemetry.io/otel/sdk/log) |
| SDK simple | it has none | [sdk/log](https://pkg.go.dev/go.opentelemetry.io/otel/sdk/log#NewSimpleProcessor) |
| slog JSON | ` + "`LogAttrs`" + `, "the most efficient" | [log/slog](https://pkg.go.dev/log/slog#hdr-Attrs_and_Values) |
| zap, buffered | production encoder, no sampling, not sugared; ` + "`BufferedWriteSyncer`" + ` of 256 KiB, or, where the sink is slow or blocked, of as many lines as the others hold records; flushed every second | [zapcore](https://pkg.go.dev/go.uber.org/zap/zapcore#BufferedWriteSyncer) |
| zerolog, diode | UNIX timestamps; a diode of the size of the queue, without a poll interval | [diode](https://pkg.go.dev/github.com/rs/zerolog/diode#NewWriter) |
| phuslu, async | ` + "`AsyncWriter`" + ` with a channel of the size of the queue, nothing discarded; time format left empty | [README](https://github.com/phuslu/log#async-file-writer) |

- asynclog and the SDK keep structured records for an exporter; the others encode JSON in the call, and what they hold is smaller. A log call of theirs is
  cheaper for it, and none of them speaks OTLP.
- slog's API, otelslog's or bridge's conversion and the SDK's logger make up most of a log call of asynclog and of the SDK; a processor can only save on
  the hand-over.
- zerolog's diode and phuslu's AsyncWriter make one write of each record. Behind a sink whose writes take long, and on the wire, they are given the buffer that
  zap has, which their documentation does not mention: without it they would deliver a record a write. phuslu's ` + "`writev`" + ` works on files only.
- Durations are of calls that were made. Where callers are made to wait, those that were due meanwhile were not made, and are in no quantile; the calls a
  second tell.
- Loops that do nothing but log are a worst case for all. Where goroutines outnumber cores, the scheduler decides much of a mean; the median and the
  quantiles are of calls, not of time.
- The receiver of the wire shares the cores with the sender, so records a second there are those of a machine that does both.
- A record has arrived when the exporter returned nil, or the write returned; those over TCP, when the kernel had them. What has not arrived is counted as
  lost, whatever the contender says of it.
`

func writeNotes(w *strings.Builder) { w.WriteString(notes) }
