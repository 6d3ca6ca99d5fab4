package fallback

import (
	"fmt"
	"io"

	"github.com/krunchwrapper/asynclog/internal/panictext"
	"github.com/krunchwrapper/asynclog/processor/internal/usercode"
)

// keptBuffer is the size up to which an output keeps its buffer between two lines.
const keptBuffer = 4 << 10

// output writes lines, each with one call of Write. It is used by one goroutine at a time.
type output struct {
	w   io.Writer
	buf []byte
	// torn means that the writer may be in the middle of a line: a call of Write took a
	// part of one, or did not say how much it took. The next line then begins with a line
	// break of its own, so that it is not glued to the part.
	torn bool
}

// write writes an entry. A panic of the writer becomes an error.
func (o *output) write(e *Entry) (err error) {
	o.buf = o.buf[:0]
	if o.torn {
		o.buf = append(o.buf, '\n')
	}
	breaks := len(o.buf)
	o.buf = e.appendLine(o.buf)
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: %s", usercode.ErrPanic, panictext.Of(v))
		}
		if cap(o.buf) > keptBuffer {
			o.buf = nil
		}
	}()
	before := o.torn
	o.torn = true // stands if the writer panics or ends the goroutine
	n, err := o.w.Write(o.buf)
	o.torn = n <= 0 && before || n > breaks && n < len(o.buf)
	if n < len(o.buf) && err == nil {
		err = io.ErrShortWrite
	}
	return err
}
