package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
)

// console is standard error. Messages, the progress, OpenTelemetry's errors and the
// processor's fallback share it. The text of one call stays together. On a terminal the
// progress is one line, which is rewritten, and erased before other output.
type console struct {
	terminal bool

	mu     sync.Mutex
	w      io.Writer
	status bool   // the cursor is at the end of the progress line
	last   string // the last error of OpenTelemetry
}

func newConsole(w io.Writer) *console {
	return &console{w: w, terminal: isTerminal(w)}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

const eraseLine = "\r\x1b[K"

// Write writes whole lines, after erasing the progress line.
func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.eraseLocked()
	return c.w.Write(p)
}

// printf writes a message of the program. It ignores errors, because they could only be
// reported to the same writer.
func (c *console) printf(format string, args ...any) {
	_, _ = c.Write(fmt.Appendf(nil, "files: "+format+"\n", args...))
}

// report writes an error of OpenTelemetry, unless the previous error was the same: when
// the output fails, every batch fails for the same reason.
func (c *console) report(err error) {
	c.mu.Lock()
	repeated := err.Error() == c.last
	c.last = err.Error()
	c.mu.Unlock()
	if !repeated {
		c.printf("%v", err)
	}
}

// show writes a line of progress. On a terminal the line replaces the previous one.
func (c *console) show(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b bytes.Buffer
	if c.terminal {
		b.WriteString(eraseLine + line)
	} else {
		b.WriteString(line + "\n")
	}
	c.status = c.terminal
	_, _ = c.w.Write(b.Bytes())
}

// eraseLocked removes the progress line.
func (c *console) eraseLocked() {
	if c.status {
		_, _ = io.WriteString(c.w, eraseLine)
		c.status = false
	}
}
