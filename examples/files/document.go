package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/krunchwrapper/asynclog/examples/internal/prompt"
)

// maxText is the size of the largest text, in bytes. A text is held in memory, and a
// device such as /dev/zero has no end.
const maxText = 64 << 20

// document is a text and the name of its source. It is read-only.
type document struct {
	name string
	text []byte
}

// load reads the source. It stops waiting when the context ends, because standard input
// or a named pipe may stay silent for long. The goroutine that reads then remains until
// the program ends.
func (s *source) load(ctx context.Context) (*document, error) {
	type result struct {
		text []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := s.read()
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, r.err
		}
		return &document{name: s.name, text: r.text}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *source) read() ([]byte, error) {
	if s.err != nil {
		return nil, reason(s.err)
	}
	r := s.stdin
	if s.path != "" {
		f, err := os.Open(s.path)
		if err != nil {
			return nil, reason(err)
		}
		defer func() { _ = f.Close() }() // the file was only read
		r = f
	}
	text, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if err != nil {
		return nil, reason(err)
	}
	return text, checkText(text)
}

// checkText returns an error for a text that the pipeline cannot process.
func checkText(text []byte) error {
	if len(text) > maxText {
		return fmt.Errorf("larger than %s bytes", thousands(maxText))
	}
	return prompt.Check(text)
}

// reason returns the cause of a path error without the file name, which the message
// contains already. It returns other errors unchanged.
func reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
