package main

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// output is the writer of the exporter, which writes one line for each call. It has no
// buffer: when the exporter reports a record as exported, the record must have been
// written.
//
// Only the exporter's goroutine writes. The counters may be read at any time.
type output struct {
	name  string
	w     io.Writer
	file  *os.File    // closed by close; nil: standard output, which is not closed
	abort func(error) // called with each error

	lines, bytes atomic.Uint64
	err          atomic.Pointer[error] // the first one
}

// openOutput creates the file name, which must not be one of the sources.
func openOutput(name string, stdout io.Writer, sources []source, abort func(error)) (*output, error) {
	if name == "-" {
		return &output{name: "standard output", w: stdout, abort: abort}, nil
	}
	if old, err := os.Stat(name); err == nil {
		for i := range sources {
			if in, err := os.Stat(sources[i].path); err == nil && in.Mode().IsRegular() && os.SameFile(in, old) {
				return nil, fmt.Errorf("-out %s would overwrite %s, which is to be read", name, sources[i].name)
			}
		}
	}
	// os.Create would open the file for reading, too. A write to a named pipe would then
	// never fail, even when its reader has gone.
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, fmt.Errorf("cannot write the records to -out %s: %w", name, reason(err))
	}
	return &output{name: name, w: f, file: f, abort: abort}, nil
}

func (o *output) Write(line []byte) (int, error) {
	n, err := o.w.Write(line)
	o.bytes.Add(uint64(n))
	if err != nil {
		o.err.CompareAndSwap(nil, &err)
		o.abort(err)
		return n, err
	}
	o.lines.Add(1)
	return n, nil
}

// failure returns the first error of a write.
func (o *output) failure() error {
	if err := o.err.Load(); err != nil {
		return reason(*err)
	}
	return nil
}

func (o *output) close() error {
	if o.file == nil {
		return nil
	}
	return o.file.Close()
}
