package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// root is the folder of the repository.
const root = "../.."

// document is a Markdown file, taken apart.
type document struct {
	path   string // relative to root
	blocks []block
	links  []place
	spans  []place // code in the text
	slugs  map[string]bool
	lines  int
}

// block is a fenced block of code.
type block struct {
	path      string
	line      int // of the first line of text
	language  string
	directive string // of the HTML comment before it
	text      string
}

// place is a piece of text and where it is.
type place struct {
	path string
	line int
	text string
}

func (p place) problem(format string, args ...any) string {
	return fmt.Sprintf("%s:%d: %s", p.path, p.line, fmt.Sprintf(format, args...))
}

var (
	goDirective = regexp.MustCompile(`^<!-- go: (.*) -->$`)
	codeSpan    = regexp.MustCompile("`([^`]+)`")
	// The text of a link may be an image, which is a link as well.
	linkTarget = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading    = regexp.MustCompile(`^#{1,6} +(.*)$`)
)

func parseMarkdown(path, text string) *document {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	d := &document{path: path, slugs: map[string]bool{}, lines: len(lines)}
	var open *block
	directive := ""
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		if fence, ok := strings.CutPrefix(trimmed, "```"); ok {
			if open == nil {
				open = &block{path: path, line: i + 2, language: fence, directive: directive}
			} else {
				d.blocks = append(d.blocks, *open)
				open, directive = nil, ""
			}
			continue
		}
		if open != nil {
			open.text += line + "\n"
			continue
		}
		directive = ""
		if m := goDirective.FindStringSubmatch(trimmed); m != nil {
			directive = m[1]
			continue
		}
		if m := heading.FindStringSubmatch(line); m != nil {
			d.addSlug(m[1])
		}
		for _, m := range codeSpan.FindAllStringSubmatch(line, -1) {
			d.spans = append(d.spans, place{path, i + 1, m[1]})
		}
		for _, m := range linkTarget.FindAllStringSubmatch(codeSpan.ReplaceAllString(line, "``"), -1) {
			d.links = append(d.links, place{path, i + 1, m[1]})
		}
	}
	return d
}

// addSlug adds the anchor that GitHub gives a heading.
func (d *document) addSlug(title string) {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case r == ' ':
			b.WriteByte('-')
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		}
	}
	slug := b.String()
	for n := 1; d.slugs[slug]; n++ {
		slug = fmt.Sprintf("%s-%d", b.String(), n)
	}
	d.slugs[slug] = true
}

func readDocument(t *testing.T, path string) *document {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return parseMarkdown(path, string(text))
}

// documents returns the documents that are tested.
func documents(t *testing.T) []*document {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	ds := []*document{readDocument(t, "README.md"), readDocument(t, "examples/otlp/README.md")}
	for _, path := range paths {
		ds = append(ds, readDocument(t, "docs/"+filepath.Base(path)))
	}
	return ds
}

// report fails the test with each problem.
func report(t *testing.T, problems []string) {
	t.Helper()
	for _, p := range problems {
		t.Error(p)
	}
}

// wantProblem fails the test if the problems are not exactly the one wanted.
func wantProblem(t *testing.T, problems []string, want string) {
	t.Helper()
	if want == "" && len(problems) > 0 || want != "" && (len(problems) != 1 || !strings.Contains(problems[0], want)) {
		t.Errorf("problems %q, want %q", problems, want)
	}
}

func TestParseMarkdown(t *testing.T) {
	d := parseMarkdown("a.md", "# Title of `it`, again\n\n[b](b.md) and `code [x](y)`\n\n<!-- go: var x int -->\n```go\nx++\n```\n\n## Two\n## Two\n")
	if len(d.blocks) != 1 || d.blocks[0] != (block{"a.md", 7, "go", "var x int", "x++\n"}) {
		t.Errorf("blocks %+v", d.blocks)
	}
	if len(d.links) != 1 || d.links[0] != (place{"a.md", 3, "b.md"}) {
		t.Errorf("links %+v", d.links)
	}
	for _, slug := range []string{"title-of-it-again", "two", "two-1"} {
		if !d.slugs[slug] {
			t.Errorf("no slug %q in %v", slug, d.slugs)
		}
	}
}
