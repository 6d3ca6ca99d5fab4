package bridge_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// wantSource checks the file and the function of a source location. The line is right
// if it has the comment "this line" in the file.
func wantSource(tb testing.TB, r *sdklog.Record, file, function string) {
	tb.Helper()
	a := attributesOf(r)
	path, _ := a["code.file.path"].(string)
	name, _ := a["code.function.name"].(string)
	line, _ := a["code.line.number"].(int64)
	if filepath.Base(path) != file || !strings.Contains(name+".", "."+function+".") || !markedLine(tb, path, line) {
		tb.Errorf("source %s:%d in %s, want a marked line of %s in %s", path, line, name, function, file)
	}
}

// markedLine reports whether that line of a source file has the comment that marks
// the location.
func markedLine(tb testing.TB, path string, line int64) bool {
	tb.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Error(err)
		return false
	}
	lines := strings.Split(string(text), "\n")
	return line >= 1 && line <= int64(len(lines)) && strings.HasSuffix(lines[line-1], "// this line")
}
