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

// maxText is the largest text that is read: it is held in memory, and a device
// such as /dev/zero has no end.
const maxText = 64 << 20

// document is a text and where it is from. It is not changed.
type document struct {
	name string
	text []byte
}

// load reads the source. It does not wait for it longer than the context:
// standard input, or a named pipe, may have nothing to say for long. The
// goroutine that reads is then left to the end of the program.
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
		defer func() { _ = f.Close() }() // it was only read
		r = f
	}
	text, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if err != nil {
		return nil, reason(err)
	}
	return text, checkText(text)
}

// checkText refuses what the pipeline makes no sense of.
func checkText(text []byte) error {
	if len(text) > maxText {
		return fmt.Errorf("larger than %s bytes", thousands(maxText))
	}
	return prompt.Check(text)
}

// reason leaves out what a path error says beside the reason: the name is told
// anyway.
func reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
