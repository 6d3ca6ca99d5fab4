package prompt

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
)

// ErrRoundTrip is the error of Verify if decompression did not restore the text.
var ErrRoundTrip = errors.New("the decompressed text differs from the original")

// Compressor compresses with gzip. It reuses its writer and reader, because a new writer
// takes 800 KB. The zero value is ready to use. A Compressor must not be used
// concurrently.
type Compressor struct {
	writer *gzip.Writer
	reader *gzip.Reader
	chunk  [32 << 10]byte
}

// Compress writes the compressed text to to.
func (c *Compressor) Compress(to io.Writer, text []byte) error {
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

// Verify decompresses the compressed bytes and compares the result with the text. It makes
// no second copy of the text.
func (c *Compressor) Verify(compressed, text []byte) error {
	if err := c.open(bytes.NewReader(compressed)); err != nil {
		return err
	}
	for {
		n, err := c.reader.Read(c.chunk[:])
		rest, ok := bytes.CutPrefix(text, c.chunk[:n])
		if !ok {
			return ErrRoundTrip
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
		return ErrRoundTrip
	}
	return nil
}

func (c *Compressor) open(r io.Reader) (err error) {
	if c.reader == nil {
		c.reader, err = gzip.NewReader(r)
		return err
	}
	return c.reader.Reset(r)
}
