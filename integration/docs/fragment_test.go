package docs

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// imports are the packages that fragments use without an import declaration.
var imports = importTable(
	"context", "errors", "fmt", "io", "log", "log/slog", "math", "net/http", "os", "time",
	"github.com/krunchwrapper/asynclog",
	"github.com/krunchwrapper/asynclog/bridge",
	"github.com/krunchwrapper/asynclog/envconfig",
	"github.com/krunchwrapper/asynclog/metrics",
	"github.com/krunchwrapper/asynclog/processor",
	"github.com/go-logr/logr",
	"github.com/rs/zerolog",
	"github.com/sirupsen/logrus",
	"go.opentelemetry.io/contrib/bridges/otellogrus",
	"go.opentelemetry.io/contrib/bridges/otelslog",
	"go.opentelemetry.io/contrib/bridges/otelzap",
	"go.opentelemetry.io/otel",
	"go.opentelemetry.io/otel/attribute",
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc",
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp",
	"sdklog go.opentelemetry.io/otel/sdk/log",
	"sdktrace go.opentelemetry.io/otel/sdk/trace",
	"go.uber.org/zap",
	"go.uber.org/zap/zapcore",
)

// wellKnown are the declarations of names that fragments use without declaring them.
var wellKnown = map[string]string{
	"ctx":      "var ctx context.Context",
	"err":      "var err error",
	"exporter": "var exporter sdklog.Exporter",
	"handler":  "var handler http.Handler",
	"id":       "var id string",
	"logger":   "var logger *slog.Logger",
	"monitor":  "var monitor *metrics.Monitor",
	"mux":      "var mux *http.ServeMux",
	"n":        "var n int",
	"p":        "var p *asynclog.Pipeline",
	"parse":    "func parse(context.Context, string) error { return nil }",
	"provider": "var provider *sdklog.LoggerProvider",
	"text":     "var text string",
}

// importTable returns import specs by package name. An entry is a path, with a name
// before it where the name is not the path's last element.
func importTable(entries ...string) map[string]string {
	table := map[string]string{}
	for _, entry := range entries {
		name, importPath, ok := strings.Cut(entry, " ")
		if !ok {
			importPath = entry
			name = path.Base(entry)
		}
		table[name] = fmt.Sprintf("%s %q", name, importPath)
	}
	return table
}

// isProgram reports whether the block is a whole program and not a fragment.
func (b block) isProgram() bool {
	return strings.HasPrefix(strings.TrimSpace(b.text), "package ")
}

// lineMark begins the file names of positions in documents.
const lineMark = "/@/"

var importLine = regexp.MustCompile(`(?m)^import ((\w+) )?"([^"]+)"$`)

// source returns the block as a Go file, whose positions are those of the document.
func (b block) source() (string, error) {
	mark := fmt.Sprintf("//line %s%s:%d:1\n", lineMark, b.path, b.line)
	if b.isProgram() {
		return mark + b.text, nil
	}
	specs := map[string]string{}
	text := importLine.ReplaceAllStringFunc(b.text, func(line string) string {
		m := importLine.FindStringSubmatch(line)
		name := m[2]
		if name == "" {
			name = path.Base(m[3])
		}
		specs[name] = fmt.Sprintf("%s %q", name, m[3])
		return "" // the line stays, so the others keep their numbers
	})
	const ending = "\n//line generated.go:1:1\n"
	body := mark + text + ending
	if !parses("package fragment\n" + text) {
		body = "func _() error {\n" + mark + text + ending + useVariables(text) + "return nil\n}\n"
	}
	declarations := b.directive
	// Declarations may use further names, so complete them until nothing is added.
	for {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package fragment\n"+declarations+"\n"+body, 0)
		if err != nil {
			return "", fmt.Errorf("%s", strings.ReplaceAll(err.Error(), lineMark, ""))
		}
		added := false
		for _, name := range unresolved(file) {
			if declaration, ok := wellKnown[name]; ok {
				declarations += "\n" + declaration
				added = true
			} else if spec, ok := imports[name]; ok && specs[name] == "" {
				specs[name] = spec
			}
		}
		if !added {
			break
		}
	}
	return "package fragment\nimport (\n" + strings.Join(slices.Sorted(maps.Values(specs)), "\n") + "\n)\n" + declarations + "\n" + body, nil
}

func parses(source string) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
	return err == nil
}

// unresolved returns the identifiers that are declared nowhere in the file.
func unresolved(file *ast.File) []string {
	names := map[string]bool{}
	for _, id := range file.Unresolved {
		names[id.Name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// useVariables returns statements that use the variables which the statements declare
// at their top level.
func useVariables(statements string) string {
	file, err := parser.ParseFile(token.NewFileSet(), "", "package x\nfunc _() error {\n"+statements+"\n}", parser.SkipObjectResolution)
	if err != nil {
		return "" // source reports it
	}
	var b strings.Builder
	use := func(e ast.Expr) {
		if id, ok := e.(*ast.Ident); ok && id.Name != "_" {
			fmt.Fprintf(&b, "_ = %s\n", id.Name)
		}
	}
	for _, s := range file.Decls[0].(*ast.FuncDecl).Body.List {
		switch s := s.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				for _, e := range s.Lhs {
					use(e)
				}
			}
		case *ast.DeclStmt:
			for _, spec := range s.Decl.(*ast.GenDecl).Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					for _, id := range v.Names {
						use(id)
					}
				}
			}
		}
	}
	return b.String()
}

// checkEllipsis returns the lines of a Go block that leave something out.
func checkEllipsis(b block) []string {
	var problems []string
	for i, line := range strings.Split(b.text, "\n") {
		if strings.Contains(line, "…") || strings.TrimSpace(line) == "..." {
			problems = append(problems, place{path: b.path, line: b.line + i}.problem("a Go block must not leave anything out: %s", strings.TrimSpace(line)))
		}
	}
	return problems
}

func TestNothingIsLeftOutOfGoBlocks(t *testing.T) {
	for _, b := range goBlocks(documents(t)) {
		report(t, checkEllipsis(b))
	}
}

func TestEllipsisIsFound(t *testing.T) {
	for text, want := range map[string]string{
		"f(more...)\n":    "",
		"f()\n…\n":        "x.md:4: a Go block must not leave anything out: …",
		"f()\n\t...\ng()": "x.md:4:",
	} {
		wantProblem(t, checkEllipsis(block{path: "x.md", line: 3, text: text}), want)
	}
}
