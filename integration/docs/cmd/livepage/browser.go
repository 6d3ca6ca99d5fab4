package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// devtools is a connection to a browser in the DevTools protocol over a pipe: messages
// are JSON, each ended by a zero byte.
type devtools struct {
	in      *os.File
	out     *bufio.Reader
	session string
	last    int
}

// screenshot opens the page and returns a picture of it, as PNG, after the duration.
func screenshot(ctx context.Context, url string, after time.Duration) ([]byte, error) {
	profile, err := os.MkdirTemp("", "livepage")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(profile) }()
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, "chromium",
		"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir="+profile, "--remote-debugging-pipe", "--window-size=1280,1100")
	commands, in, err := os.Pipe()
	if err != nil {
		cancel()
		return nil, err
	}
	out, answers, err := os.Pipe()
	if err != nil {
		cancel()
		return nil, err
	}
	cmd.ExtraFiles = []*os.File{commands, answers} // descriptors 3 and 4
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	defer func() {
		cancel()
		_ = cmd.Wait() // it was killed
	}()
	_, _ = commands.Close(), answers.Close() // the browser has its own

	d := &devtools{in: in, out: bufio.NewReader(out)}
	var target struct {
		ID string `json:"targetId"`
	}
	if err := d.call("Target.createTarget", map[string]any{"url": url}, &target); err != nil {
		return nil, err
	}
	var attached struct {
		Session string `json:"sessionId"`
	}
	attach := map[string]any{"targetId": target.ID, "flatten": true}
	if err := d.call("Target.attachToTarget", attach, &attached); err != nil {
		return nil, err
	}
	d.session = attached.Session
	time.Sleep(after)
	var picture struct {
		Data []byte `json:"data"`
	}
	if err := d.call("Page.captureScreenshot", map[string]any{"format": "png"}, &picture); err != nil {
		return nil, err
	}
	d.session = ""
	return picture.Data, d.call("Browser.close", nil, new(struct{}))
}

func (d *devtools) call(method string, params map[string]any, result any) error {
	d.last++
	command := map[string]any{"id": d.last, "method": method, "params": params}
	if d.session != "" {
		command["sessionId"] = d.session
	}
	text, err := json.Marshal(command)
	if err != nil {
		return err
	}
	if _, err := d.in.Write(append(text, 0)); err != nil {
		return err
	}
	for {
		line, err := d.out.ReadBytes(0)
		if err != nil {
			return err
		}
		var answer struct {
			ID     int             `json:"id"` // 0: an event
			Result json.RawMessage `json:"result"`
			Error  json.RawMessage `json:"error"`
		}
		if err := json.Unmarshal(line[:len(line)-1], &answer); err != nil {
			return err
		}
		if answer.ID != d.last {
			continue
		}
		if answer.Error != nil {
			return fmt.Errorf("%s: %s", method, answer.Error)
		}
		return json.Unmarshal(answer.Result, result)
	}
}
