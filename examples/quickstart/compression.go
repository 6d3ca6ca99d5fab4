package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
)

// errRoundTrip: decompression did not give the text back.
var errRoundTrip = errors.New("the decompressed text differs from the original")

// compressor keeps its writer and reader: a new writer takes 800 KB.
type compressor struct {
	writer *gzip.Writer
	reader *gzip.Reader
	chunk  [32 << 10]byte
}

func (c *compressor) compress(to io.Writer, text []byte) error {
	if c.writer == nil {
		c.writer = gzip.NewWriter(to)
	} else {
		c.writer.Reset(to)
	}
	if _, err := c.writer.Write(text); err != nil {
		return err
	}
	return c.writer.Close()
}

// verify decompresses and compares, without a second copy of the text.
func (c *compressor) verify(compressed, text []byte) error {
	if err := c.open(bytes.NewReader(compressed)); err != nil {
		return err
	}
	for {
		n, err := c.reader.Read(c.chunk[:])
		rest, ok := bytes.CutPrefix(text, c.chunk[:n])
		if !ok {
			return errRoundTrip
		}
		text = rest
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if len(text) > 0 {
		return errRoundTrip
	}
	return nil
}

func (c *compressor) open(r io.Reader) (err error) {
	if c.reader == nil {
		c.reader, err = gzip.NewReader(r)
		return err
	}
	return c.reader.Reset(r)
}
