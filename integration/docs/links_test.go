package docs

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// checkLinks returns the relative links of a document that lead nowhere.
func checkLinks(d *document) []string {
	var problems []string
	for _, link := range d.links {
		if strings.Contains(link.text, "://") {
			continue
		}
		file, anchor, _ := strings.Cut(link.text, "#")
		target := d.path
		if file != "" {
			target = path.Join(path.Dir(d.path), file)
		}
		if _, err := os.Stat(filepath.Join(root, target)); err != nil && file != "" {
			problems = append(problems, link.problem("link to %s: no such file", link.text))
			continue
		}
		if anchor == "" {
			continue
		}
		other := d
		if file != "" {
			text, err := os.ReadFile(filepath.Join(root, target))
			if err != nil {
				problems = append(problems, link.problem("link to %s: %v", link.text, err))
				continue
			}
			other = parseMarkdown(target, string(text))
		}
		if !other.slugs[anchor] {
			problems = append(problems, link.problem("link to %s: %s has no such heading", link.text, target))
		}
	}
	return problems
}

func TestLinks(t *testing.T) {
	ds := append(documents(t), readDocument(t, "CHANGELOG.md"), readDocument(t, "DESIGN.md"))
	for _, d := range ds {
		report(t, checkLinks(d))
	}
}

func TestBrokenLinkIsFound(t *testing.T) {
	for text, want := range map[string]string{
		"# A b\n[x](#a-b)":                      "",
		"[x](../README.md#quick-start)":         "",
		"[x](https://example.com/none#here)":    "",
		"# A b\n\n[x](#a-c)":                    "docs/x.md:3: link to #a-c: docs/x.md has no such heading",
		"[x](none.md)":                          "docs/x.md:1: link to none.md: no such file",
		"[x](../README.md#none)":                "README.md has no such heading",
		"![x](images/none.png)":                 "link to images/none.png: no such file",
		"[![x](images/none.png)](../DESIGN.md)": "link to images/none.png",
	} {
		wantProblem(t, checkLinks(parseMarkdown("docs/x.md", text)), want)
	}
}
