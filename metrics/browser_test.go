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

// The page is tested in a real browser: Debian's package chromium. Without one
// these tests are skipped. To look at what they see:
//
//	apt-get install chromium
//	ASYNCLOG_SCREENSHOTS=shots go test -run Browser ./metrics

// visit is a page as a browser had it in the end.
type visit struct {
	document string // the elements, as HTML
	console  string // what scripts wrote, and the policy's violations
}

var consoleLine = regexp.MustCompile(`(?m)^.*\bCONSOLE\b.*$`)

// browse loads a page and looks at it after so much of the browser's time, which
// passes as fast as its requests are answered. With a picture's name it also
// takes a screenshot, if those are asked for.
func browse(t *testing.T, url string, after time.Duration, picture string, flags ...string) visit {
	t.Helper()
	browser := findBrowser(t)
	run := func(more ...string) (stdout, stderr string) {
		args := append(browserFlags(t, "--hide-scrollbars", "--enable-logging=stderr",
			"--virtual-time-budget="+strconv.FormatInt(after.Milliseconds(), 10)), flags...)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, browser, append(args, append(more, url)...)...)
		cmd.WaitDelay = 10 * time.Second
		var out, errs strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v\n%s", browser, err, errs.String())
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

// browserFlags returns the flags with those that every browser here has: a new
// profile, and no word to anybody but the test's server.
func browserFlags(t *testing.T, more ...string) []string {
	t.Helper()
	return append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir=" + t.TempDir(),
	}, more...)
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
