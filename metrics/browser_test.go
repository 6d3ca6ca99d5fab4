package metrics_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The page is tested in a real browser, Debian's package chromium. Without a browser
// these tests are skipped. To take screenshots of what they see:
//
//	apt-get install chromium
//	ASYNCLOG_SCREENSHOTS=shots go test -run Browser ./metrics

// visit is the final state of a page in a browser.
type visit struct {
	document string // the elements, as HTML
	console  string // what scripts wrote, and violations of the policy
}

var consoleLine = regexp.MustCompile(`(?m)^.*\bCONSOLE\b.*$`)

// browse loads a page and returns its state after the given time on the browser's
// clock, which runs as fast as its requests are answered. If screenshots are
// requested and picture is not empty, it also takes one.
func browse(t *testing.T, url string, after time.Duration, picture string, flags ...string) visit {
	t.Helper()
	run := func(more ...string) (stdout, stderr string) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		args := append([]string{
			"--hide-scrollbars", "--enable-logging=stderr",
			"--virtual-time-budget=" + strconv.FormatInt(after.Milliseconds(), 10),
		}, flags...)
		cmd := browserCommand(ctx, t, append(args, append(more, url)...)...)
		var out, errs strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %v\n%s", cmd, err, errs.String())
		}
		return out.String(), errs.String()
	}
	if dir := os.Getenv("ASYNCLOG_SCREENSHOTS"); dir != "" && picture != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		run("--screenshot=" + filepath.Join(dir, picture+".png"))
	}
	stdout, stderr := run("--dump-dom")
	return visit{stdout, strings.Join(consoleLine.FindAllString(stderr, -1), "\n")}
}

// browserCommand returns a command that runs a browser with a new profile. The
// browser connects to the test's server only. After the test has ended and the
// command has been waited for, the remaining processes of the browser are killed,
// and then the profile is removed.
func browserCommand(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	profile := t.TempDir()
	cmd := exec.CommandContext(ctx, findBrowser(t), append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir=" + profile,
	}, args...)...)
	cmd.WaitDelay = 10 * time.Second
	newGroup(cmd)
	t.Cleanup(func() {
		if cmd.Process != nil {
			killGroup(t, cmd)
		}
		removeSoon(profile)
	})
	return cmd
}

// removeSoon removes a folder into which another process may still write. If that
// continues, TempDir reports the error.
func removeSoon(dir string) {
	for range 50 {
		if os.RemoveAll(dir) == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func findBrowser(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("there is no browser: apt-get install chromium")
	return ""
}
