package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseLimitsNamesTheBadLine(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"files . 3\nfiles .", "2: want a quantity, a place and a number"},
		{"rooms . 3", `1: unknown quantity "rooms"; allowed: files, lines, options, names, word`},
		{"# a comment\n\nlines * many", `3: "many" is not a number from 0`},
		{"lines * -1", `1: "-1" is not a number from 0`},
	} {
		if _, err := parseLimits(tt.text); err == nil || err.Error() != tt.want {
			t.Errorf("parseLimits(%q): %v, want %q", tt.text, err, tt.want)
		}
	}
}

// files is a repository that is inside of its limits.
func files() map[string]string {
	return map[string]string{
		"DESIGN.md": "# Design\n\n```\n*.go      the package\nsub/      below it, and\n" +
			"          inner/ in a text that goes on\n  inner/  inside\n```\n",
		"a.go": "package top\n\ntype Option int\n\nfunc WithA() Option { return 0 }\n\nfunc With() {}\n",
		"a_linux.go": "package top\n\nconst B, c = 1, 2\n\nvar D int\n\nfunc (Option) Method() {}\n" +
			"\nfunc WithA() Option { return 0 }\n",
		"a_test.go":           "package top\n\nfunc Helper() {}\n",
		"sub/s.go":            "package sub\n\nfunc S() {}\n",
		"sub/inner/i.go":      "package inner\n",
		"sub/testdata/x.go":   "not Go",
		".hidden/x.go":        "not Go",
		"internal/house/x.md": "errand",
	}
}

const testLimits = "files . 2\nfiles * 1\nlines a.go 7\nlines * 9\noptions . 1\noptions * 0\n" +
	"names .,sub 6\nword errand 0\n"

// checkFiles writes the files and returns what is found in them.
func checkFiles(t *testing.T, files map[string]string) (findings []string, printed string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	limits, err := parseLimits(testLimits)
	if err != nil {
		t.Fatal(err)
	}
	repo, err := readRepository(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	return append(check(repo, limits, &out), checkDesign(repo)...), out.String()
}

func TestARepositoryInsideItsLimits(t *testing.T) {
	findings, printed := checkFiles(t, files())
	if len(findings) > 0 {
		t.Errorf("found %q", findings)
	}
	// Option, WithA, With, B, D and S.
	for _, want := range []string{"names    . sub   6  of at most 6", "files    .       2  of at most 2"} {
		if !strings.Contains(printed, want) {
			t.Errorf("printed\n%swithout %q", printed, want)
		}
	}
}

func TestEachLimitIsHeld(t *testing.T) {
	for _, tt := range []struct{ file, text, want string }{
		{"b.go", "package top\n", "files .: 3, at most 2"},
		{"sub/b.go", "package sub\n", "files *: 2, at most 1 sub"},
		{"a_linux.go", "package top\n" + strings.Repeat("\n", 9), "lines *: 10, at most 9 a_linux.go"},
		{"a.go", "package top\n" + strings.Repeat("\n", 7), "lines a.go: 8, at most 7"},
		{"a_linux.go", "package top\n\nfunc WithB() Option { return 0 }\n", "options .: 2, at most 1"},
		{"sub/s.go", "package sub\n\ntype xOption int\n\nfunc WithB() xOption { return 0 }\n", "options *: 1, at most 0 sub"},
		{"sub/s.go", "package sub\n\nvar S, T int\n", "names .,sub: 7, at most 6"},
		{"a_test.go", "package top\n\n// An Errand.\n", "word errand: 1, at most 0 a_test.go:3"},
		{"new/n.go", "package n\n", "DESIGN.md: the file map does not name package new"},
		{"DESIGN.md", "# Design\n", "DESIGN.md has no file map"},
		{"DESIGN.md", "```\nsub/ old/ below\n  inner/ inside\n```\n", "DESIGN.md: the file map names old/, which does not exist"},
	} {
		all := files()
		all[tt.file] = tt.text
		findings, _ := checkFiles(t, all)
		if len(findings) != 1 || !strings.HasPrefix(findings[0], tt.want) {
			t.Errorf("%s = %q: found %q, want %q", tt.file, tt.text, findings, tt.want)
		}
	}
}

func TestABadFileIsNamed(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bad.go"), []byte("package"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readRepository(dir); err == nil || !strings.Contains(err.Error(), "bad.go:1") {
		t.Errorf("readRepository: %v, want an error that names bad.go:1", err)
	}
}

// TestThisRepository holds the repository to its limits and its file map.
func TestThisRepository(t *testing.T) {
	if err := run(filepath.Join("..", "..")); err != nil {
		t.Error(err)
	}
}
