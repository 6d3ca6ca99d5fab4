package fallback

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"testing/synctest"
	"unsafe"

	"go.opentelemetry.io/otel/log"

	"github.com/krunchwrapper/asynclog/internal/exportertest"
)

// writerFunc is a function as a writer.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// A part of a line that was written before an error is never glued to the next line: all
// lines that were taken whole are whole lines.
func TestPartOfALineIsNotGluedToTheNext(t *testing.T) {
	for name, fail := range map[string]func(out *bytes.Buffer, line []byte) (int, error){
		"a part": func(out *bytes.Buffer, b []byte) (int, error) {
			n, _ := out.Write(b[:len(b)/2])
			return n, syscall.ENOSPC
		},
		"a part, without error": func(out *bytes.Buffer, b []byte) (int, error) { return out.Write(b[:len(b)/2]) },
		"one byte":              func(out *bytes.Buffer, b []byte) (int, error) { n, _ := out.Write(b[:1]); return n, syscall.ENOSPC },
		"all but the last": func(out *bytes.Buffer, b []byte) (int, error) {
			n, _ := out.Write(b[:len(b)-1])
			return n, syscall.ENOSPC
		},
		"a part and a panic": func(out *bytes.Buffer, b []byte) (int, error) { out.Write(b[:len(b)/2]); panic("boom") },
		"a part and no return": func(out *bytes.Buffer, b []byte) (int, error) {
			out.Write(b[:len(b)/2])
			runtime.Goexit()
			return 0, nil
		},
		"nothing": func(*bytes.Buffer, []byte) (int, error) { return 0, syscall.ENOSPC },
		"a wrong number": func(out *bytes.Buffer, b []byte) (int, error) {
			_, _ = out.Write(b)
			return len(b) + 1, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var written bytes.Buffer
				var out outcomes
				calls := 0
				w := writerFunc(func(b []byte) (int, error) {
					if calls++; calls%5 == 3 || calls%5 == 4 {
						return fail(&written, b)
					}
					return written.Write(b)
				})
				q := New(Config{Writer: w, Completed: out.completed, Report: func(error) {}})
				for i := range 20 {
					r := exportertest.Record(log.SeverityError, fmt.Sprint(i))
					q.OfferLost(&r, 0, false)
				}
				q.Drain(t.Context())
				whole := map[string]int{}
				for line := range bytes.Lines(written.Bytes()) {
					var l struct{ Body struct{ Value string } }
					if json.Unmarshal(line, &l) == nil {
						whole[l.Body.Value]++
					}
				}
				for i := range 20 {
					if n := whole[fmt.Sprint(i)]; (i+1)%5 != 3 && (i+1)%5 != 4 && n != 1 {
						t.Errorf("line %d is there %d times in\n%s", i, n, &written)
					}
				}
				if calls != 20 || out.written[Lost]+out.given[Lost] != 20 {
					t.Errorf("%d calls of Write for 20 lines, %d written and %d given up", calls, out.written[Lost], out.given[Lost])
				}
			})
		})
	}
}

// However large the records are, the queue takes no more bytes than it may, and about as
// many records as its limit says.
func TestQueueIsBoundedByBytes(t *testing.T) {
	for _, size := range []int{0, 100, MaxLine / 2, MaxLine - 1, MaxLine + 1, 1 << 20, 20 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out outcomes
				w := &blockedWriter{released: make(chan struct{})}
				q := New(Config{Writer: w, Limit: 1, Completed: out.completed, Report: func(err error) { t.Error(err) }})
				r := exportertest.Record(log.SeverityError, string(make([]byte, size)))
				taken := 0
				for range 600 {
					if q.OfferLost(&r, 0, false) {
						taken++
					}
				}
				entries := make([]Entry, 600)
				for i := range entries {
					entries[i] = NewLost(&r, 0, false)
				}
				taken += q.OfferAllLost(entries)
				if q.bytes > minBytes || taken < minLimit*9/10 || taken > minLimit {
					t.Errorf("%d taken, which hold %d bytes", taken, q.bytes)
				}
				close(w.released)
				q.Drain(t.Context())
				if q.bytes != 0 || out.written[Lost] != taken {
					t.Errorf("%d bytes left, %d written of %d", q.bytes, out.written[Lost], taken)
				}
			})
		})
	}
}

// A record that is a copy already is kept whole, if there is space.
func TestQueueTakesCopiesAsTheyAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out outcomes
		w := &blockedWriter{released: make(chan struct{})}
		q := New(Config{Writer: w, Completed: out.completed, Report: func(err error) { t.Error(err) }})
		r := exportertest.Record(log.SeverityError, string(make([]byte, 5<<20)))
		entries := make([]Entry, 5)
		for i := range entries {
			entries[i] = NewLostCopy(&r, 0, false)
		}
		if got := q.OfferAllLost(entries); got != 3 {
			t.Errorf("%d taken of 5 MiB each, want 3", got)
		}
		close(w.released)
		q.Drain(t.Context())
	})
}

func TestEntryTakesWhatIsCounted(t *testing.T) {
	if got := 2 * int(unsafe.Sizeof(Entry{})); got > entryBytes {
		t.Errorf("an entry of %d bytes, in a list that has grown, is counted as %d", got/2, entryBytes)
	}
}
