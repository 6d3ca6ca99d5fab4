package bridge_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// wantSource checks the source location by the file and the function; that the
// line is right too is for the comment "this line" in the file to tell.
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

// markedLine tells whether that line of a source file says that it is the one
// that a source location should name.
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
