package docs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The packages that have options.
var packages = []string{".", "processor", "bridge", "metrics", "envconfig"}

// optionsOf returns the names of the functions of a package that return an Option.
func optionsOf(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !f.Name.IsExported() || f.Type.Results == nil {
				continue
			}
			if result, ok := f.Type.Results.List[0].Type.(*ast.Ident); ok && result.Name == "Option" {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}

var (
	section    = regexp.MustCompile(`(?m)^## .*$`)
	optionSpan = regexp.MustCompile(`(\w+\.)?(With(?:out)?[A-Z]\w*)\(`)
)

// optionsIn returns the options in the tables of a section of docs/configuration.md.
func optionsIn(text, title string) map[string]bool {
	_, text, _ = strings.Cut(text, "\n## "+title+"\n")
	if end := section.FindStringIndex(text); end != nil {
		text = text[:end[0]]
	}
	names := map[string]bool{}
	for line := range strings.Lines(text) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, m := range optionSpan.FindAllStringSubmatch(cells[1], -1) {
				names[m[2]] = true
			}
		}
	}
	return names
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryOptionIsDocumentedAndNoOther(t *testing.T) {
	text := readFile(t, "docs/configuration.md")
	for dir, title := range map[string]string{
		".":         "Pipeline options",
		"processor": "Processor options",
		"envconfig": "Options of envconfig",
		"bridge":    "Bridge options",
		"metrics":   "Monitor options",
	} {
		report(t, checkOptions(title, optionsIn(text, title), optionsOf(t, dir)))
	}
}

// checkOptions returns the options that only a document or only the package has.
func checkOptions(title string, documented map[string]bool, options []string) []string {
	var problems []string
	documented = maps.Clone(documented)
	for _, name := range options {
		if !documented[name] {
			problems = append(problems, fmt.Sprintf("docs/configuration.md, %s: %s is missing", title, name))
		}
		delete(documented, name)
	}
	for name := range documented {
		problems = append(problems, fmt.Sprintf("docs/configuration.md, %s: %s does not exist", title, name))
	}
	return problems
}

func TestDifferentOptionIsFound(t *testing.T) {
	documented := map[string]bool{"WithA": true}
	wantProblem(t, checkOptions("T", documented, []string{"WithA"}), "")
	wantProblem(t, checkOptions("T", documented, []string{"WithA", "WithB"}), "T: WithB is missing")
	wantProblem(t, checkOptions("T", documented, nil), "T: WithA does not exist")
}

func TestOptionsOfASectionAreFound(t *testing.T) {
	got := optionsIn("\n## A\n\n| `WithA(x)` | `WithB` |\n|---|\n| `WithC(n)`, `WithoutD()` | |\n\n## B\n| `WithE()` | |\n", "A")
	if len(got) != 3 || !got["WithA"] || !got["WithC"] || !got["WithoutD"] {
		t.Errorf("options %v", got)
	}
}

// checkOptionNames returns the options in the text of a document that do not exist.
func checkOptionNames(d *document, known map[string]bool) []string {
	var problems []string
	for _, span := range d.spans {
		for _, m := range regexp.MustCompile(`(\w+\.)?\b(With(?:out)?[A-Z]\w*)`).FindAllStringSubmatch(span.text, -1) {
			switch strings.TrimSuffix(m[1], ".") {
			case "", "asynclog", "processor", "bridge", "metrics", "envconfig":
				if !known[m[2]] {
					problems = append(problems, span.problem("there is no option %s", m[2]))
				}
			}
		}
	}
	return problems
}

func TestOptionsInTheTextExist(t *testing.T) {
	known := map[string]bool{}
	for _, dir := range packages {
		for _, name := range optionsOf(t, dir) {
			known[name] = true
		}
	}
	for _, d := range documents(t) {
		report(t, checkOptionNames(d, known))
	}
	wantProblem(t, checkOptionNames(parseMarkdown("x.md", "`processor.WithRetry`, `zap.WithFatalHook`"), known), "")
	wantProblem(t, checkOptionNames(parseMarkdown("x.md", "`WithNone(n)`"), known), "x.md:1: there is no option WithNone")
}

var reasonConstant = regexp.MustCompile(`(?m)^\s*Reason\w+\s+Reason = "(\w+)"$`)

// missingReasons returns the reasons of a loss that the documents do not explain.
func missingReasons(source, text string) []string {
	var missing []string
	for _, m := range reasonConstant.FindAllStringSubmatch(source, -1) {
		if !strings.Contains(text, "`"+m[1]+"`") {
			missing = append(missing, "docs/failures.md does not explain "+m[1])
		}
	}
	return missing
}

func TestEveryReasonOfALossIsExplained(t *testing.T) {
	source := readFile(t, "processor/reason.go")
	if n := len(reasonConstant.FindAllString(source, -1)); n < 9 {
		t.Errorf("%d reasons in processor/reason.go", n)
	}
	report(t, missingReasons(source, readFile(t, "docs/failures.md")))
	wantProblem(t, missingReasons("\tReasonNone Reason = \"none\"\n", "text"), "does not explain none")
}

func TestReadmeIsShort(t *testing.T) {
	if d := readDocument(t, "README.md"); d.lines > 250 {
		t.Errorf("README.md has %d lines, more than 250", d.lines)
	}
}
