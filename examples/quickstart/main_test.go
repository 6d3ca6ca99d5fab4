package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// asMain makes the test binary run the program instead of the tests.
const asMain = "QUICKSTART_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// command returns the program as a process that starts in the root of the repository.
func command(t *testing.T, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	cmd = exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), asMain+"=1")
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

func wantStatus(t *testing.T, cmd *exec.Cmd, stderr *bytes.Buffer, want int) {
	t.Helper()
	if got := cmd.ProcessState.ExitCode(); got != want {
		t.Errorf("exit status %d, want %d; standard error:\n%s", got, want, stderr)
	}
}

var ledgerRow = regexp.MustCompile(`(?m)^(Emitted|Exported|Fallback|Filtered|Queued|Dropped) +(\d+)$`)

// ledger reads the ledger from standard error, and checks that it balances.
func ledger(t *testing.T, stderr *bytes.Buffer) map[string]int {
	t.Helper()
	rows := make(map[string]int)
	for _, m := range ledgerRow.FindAllStringSubmatch(stderr.String(), -1) {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		rows[m[1]] = n
	}
	ends := rows["Exported"] + rows["Fallback"] + rows["Filtered"] + rows["Queued"] + rows["Dropped"]
	if len(rows) != 6 || rows["Emitted"] != ends || !strings.Contains(stderr.String(), "\nBalanced     true\n") {
		t.Errorf("the ledger does not balance:\n%s", stderr)
	}
	return rows
}

// wantExported checks that all records were exported, want of them.
func wantExported(t *testing.T, stdout, stderr *bytes.Buffer, want int) {
	t.Helper()
	rows := ledger(t, stderr)
	lines := bytes.Count(stdout.Bytes(), []byte("\n"))
	if rows["Emitted"] != want || rows["Exported"] != want || lines != want {
		t.Errorf("ledger %v and %d lines written, want %d records emitted, exported and written", rows, lines, want)
	}
}

func countLines(t *testing.T, file string) int {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(text, []byte("\n"))
}

func TestWithoutArguments(t *testing.T) {
	cmd, stdout, stderr := command(t)
	_ = cmd.Run() // its error is the exit status
	wantStatus(t, cmd, stderr, 0)
	lines := countLines(t, filepath.Join("..", "..", "README.md")) + countLines(t, filepath.Join("..", "..", "CHANGELOG.md"))
	wantExported(t, stdout, stderr, lines+4) // each file has two phases
}

func TestFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(file, []byte("one\ntwo words\nand an unfinished line"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd, stdout, stderr := command(t, file, file)
	_ = cmd.Run() // its error is the exit status
	wantStatus(t, cmd, stderr, 0)
	wantExported(t, stdout, stderr, 2*(3+2))

	ids := make(map[string]int) // records by correlation ID
	for _, m := range regexp.MustCompile(`"correlation\.id","Value":\{"Type":"STRING","Value":"(\w+)"`).FindAllStringSubmatch(stdout.String(), -1) {
		ids[m[1]]++
	}
	if len(ids) != 2 {
		t.Errorf("records by correlation ID: %v, want two IDs", ids)
	}
	for id, n := range ids {
		if n != 5 {
			t.Errorf("%d records have the correlation ID %s, want 5", n, id)
		}
	}
	for _, phase := range []string{"INTERCEPTION", "COMPLETION"} {
		if n := strings.Count(stdout.String(), `"`+phase+`"`); n != 2 {
			t.Errorf("%d phases %s, want 2", n, phase)
		}
	}
}

func TestStandardInput(t *testing.T) {
	for name, input := range map[string]string{"empty": "", "short": "one line\n", "burst": strings.Repeat("a line\n", 20_000)} {
		t.Run(name, func(t *testing.T) {
			cmd, stdout, stderr := command(t, "-")
			cmd.Env = append(cmd.Env, "ASYNC_LOG_QUEUE_SIZE=1000") // smaller than the burst
			cmd.Stdin = strings.NewReader(input)
			_ = cmd.Run() // its error is the exit status
			wantStatus(t, cmd, stderr, 0)
			wantExported(t, stdout, stderr, strings.Count(input, "\n")+2)
		})
	}
}

func TestBadInput(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.txt")
	for name, file := range map[string]string{"missing": missing, "folder": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			cmd, stdout, stderr := command(t, "README.md", file)
			_ = cmd.Run() // its error is the exit status
			wantStatus(t, cmd, stderr, 1)
			// The records of the file before are not lost.
			wantExported(t, stdout, stderr, countLines(t, filepath.Join("..", "..", "README.md"))+2)
			lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
			if last := lines[len(lines)-1]; !strings.HasPrefix(last, "quickstart: ") || !strings.Contains(last, file) {
				t.Errorf("the last line is %q, want an error that names %s", last, file)
			}
			if n := strings.Count(stderr.String(), file); n != 1 {
				t.Errorf("the error is reported %d times:\n%s", n, stderr)
			}
		})
	}
}

func TestClosedPipe(t *testing.T) {
	cmd, _, stderr := command(t, "-")
	cmd.Env = append(cmd.Env, "ASYNC_LOG_QUEUE_SIZE=1000") // log calls wait for the exporter
	cmd.Stdin = strings.NewReader(strings.Repeat("a line\n", 20_000))
	cmd.Stdout = nil
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := stdout.Close(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its error is the exit status
	rows := ledger(t, stderr)
	if rows["Emitted"] != 20_002 || rows["Dropped"] == 0 {
		t.Errorf("ledger %v, want 20002 records emitted and some dropped", rows)
	}
	if !regexp.MustCompile(`(?m)^ +\d+ INFO, export_failed$`).MatchString(stderr.String()) {
		t.Errorf("the ledger does not show why records were dropped:\n%s", stderr)
	}
}

// An interrupt ends the program while it waits for standard input.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals to send")
	}
	cmd, stdout, stderr := command(t, "README.md", "-")
	if _, err := cmd.StdinPipe(); err != nil { // nothing is written to it
		t.Fatal(err)
	}
	progress, err := os.CreateTemp(t.TempDir(), "stderr")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = progress
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(readFile(t, progress.Name()), "README.md done") {
		time.Sleep(time.Millisecond)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its error is the exit status
	wantStatus(t, cmd, stderr, 130)
	want := countLines(t, filepath.Join("..", "..", "README.md")) + 2
	if n := bytes.Count(stdout.Bytes(), []byte("\n")); n != want {
		t.Errorf("%d records written, want %d", n, want)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
