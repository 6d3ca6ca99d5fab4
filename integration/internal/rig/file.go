package rig

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// Record is a log record as the Collector wrote it, with its resource and scope.
type Record struct {
	plog.LogRecord

	Resource          pcommon.Resource
	ResourceSchemaURL string
	Scope             pcommon.InstrumentationScope
	ScopeSchemaURL    string
}

// eachRecord calls f with each record that a file exporter wrote, as OTLP JSON with one
// export a line. The last line of a Collector that was killed may be incomplete. It counts
// as not written. Any other line that cannot be read is an error.
func eachRecord(path string, f func(Record)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()

	lines := bufio.NewReaderSize(file, 1<<20)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return fmt.Errorf("%s: %w", path, err)
		}
		if len(bytes.TrimSpace(line)) > 0 {
			logs, err := new(plog.JSONUnmarshaler).UnmarshalLogs(line)
			switch {
			case err == nil:
				eachOf(logs, f)
			case !last:
				return fmt.Errorf("%s, line %d: %w", path, n, err)
			}
		}
		if last {
			return nil
		}
	}
}

func eachOf(logs plog.Logs, f func(Record)) {
	for _, rl := range logs.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				f(Record{
					LogRecord:         lr,
					Resource:          rl.Resource(),
					ResourceSchemaURL: rl.SchemaUrl(),
					Scope:             sl.Scope(),
					ScopeSchemaURL:    sl.SchemaUrl(),
				})
			}
		}
	}
}
