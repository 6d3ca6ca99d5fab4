package metrics_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// tab is a page in a browser that a test uses as a person would. It uses the
// DevTools protocol over a pipe: each message is JSON, followed by a zero byte.
type tab struct {
	t       *testing.T
	in      *os.File
	out     *bufio.Reader
	session string
	last    int
}

// openTab opens a page in a new browser.
func openTab(t *testing.T, url string) *tab {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // the pipe has no deadline
	t.Cleanup(cancel)
	cmd := browserCommand(ctx, t, "--remote-debugging-pipe", "--window-size=1280,1080")
	commands, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, answers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{commands, answers} // descriptors 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = commands.Close(), answers.Close() // the browser has its own descriptors
	t.Cleanup(func() {
		_, _ = in.Close(), out.Close()
		_ = cmd.Wait() // the context has ended, and the browser with it
	})
	b := &tab{t: t, in: in, out: bufio.NewReader(out)}
	var target struct {
		ID string `json:"targetId"`
	}
	b.call("Target.createTarget", map[string]any{"url": url}, &target)
	var attached struct {
		Session string `json:"sessionId"`
	}
	b.call("Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true}, &attached)
	b.session = attached.Session
	return b
}

func (b *tab) call(method string, params map[string]any, result any) {
	b.t.Helper()
	b.last++
	command := map[string]any{"id": b.last, "method": method, "params": params}
	if b.session != "" {
		command["sessionId"] = b.session
	}
	text, err := json.Marshal(command)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		b.t.Fatal(err)
	}
	for {
		line, err := b.out.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		var answer struct {
			ID     int             `json:"id"` // 0: an event
			Result json.RawMessage `json:"result"`
			Error  json.RawMessage `json:"error"`
		}
		if err := json.Unmarshal(line[:len(line)-1], &answer); err != nil {
			b.t.Fatal(err)
		}
		if answer.ID != b.last {
			continue
		}
		if answer.Error != nil {
			b.t.Fatalf("%s: %s", method, answer.Error)
		}
		if err := json.Unmarshal(answer.Result, result); err != nil {
			b.t.Fatal(err)
		}
		return
	}
}

// eval evaluates an expression in the page and returns it as text.
func (b *tab) eval(expression string) string {
	b.t.Helper()
	var r struct {
		Result struct {
			Value any `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text      string `json:"text"`
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &r)
	if r.Exception != nil {
		b.t.Fatalf("%s: %s %s", expression, r.Exception.Text, r.Exception.Exception.Description)
	}
	return fmt.Sprint(r.Result.Value)
}

// until waits for an expression to be true.
func (b *tab) until(expression string) {
	b.t.Helper()
	for deadline := time.Now().Add(time.Minute); b.eval(expression) != "true"; {
		if time.Now().After(deadline) {
			b.t.Fatalf("never true: %s\n%s", expression, b.eval("document.body.innerText"))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// point moves the mouse to a position in an element, given as fractions of its size.
func (b *tab) point(selector string, x, y float64) {
	b.t.Helper()
	position := strings.Fields(b.eval(fmt.Sprintf(
		`(r => (r.left + r.width * %v) + ' ' + (r.top + r.height * %v))(document.querySelector(%q).getBoundingClientRect())`, x, y, selector)))
	var px, py float64
	if _, err := fmt.Sscan(strings.Join(position, " "), &px, &py); err != nil {
		b.t.Fatal(err)
	}
	var ignored map[string]any
	b.call("Input.dispatchMouseEvent", map[string]any{"type": "mouseMoved", "x": px, "y": py}, &ignored)
}
