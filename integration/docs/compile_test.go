package docs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	// The packages of the table imports that nothing else here imports, so that
	// go.mod requires their modules.
	_ "github.com/go-logr/logr"
	_ "github.com/rs/zerolog"
	_ "github.com/sirupsen/logrus"
	_ "go.opentelemetry.io/contrib/bridges/otellogrus"
	_ "go.opentelemetry.io/contrib/bridges/otelslog"
	_ "go.opentelemetry.io/contrib/bridges/otelzap"
	_ "go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	_ "go.opentelemetry.io/otel/sdk/trace"
	_ "go.uber.org/zap"

	_ "github.com/krunchwrapper/asynclog"
)

func goBlocks(ds []*document) []block {
	var blocks []block
	for _, d := range ds {
		for _, b := range d.blocks {
			if b.language == "go" {
				blocks = append(blocks, b)
			}
		}
	}
	return blocks
}

// compiled is a temporary module with a package for each block.
type compiled struct {
	dir      string
	blocks   []block
	problems []string // of the compiler, with positions in the documents
}

// compile compiles the blocks.
func compile(t *testing.T, blocks []block) compiled {
	t.Helper()
	c := compiled{dir: t.TempDir(), blocks: blocks}
	c.copyModule(t)
	for i, b := range blocks {
		source, err := b.source()
		if err != nil {
			c.problems = append(c.problems, err.Error())
			continue
		}
		writeFile(t, filepath.Join(c.packageDir(i), "block.go"), source)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-mod=mod", "-gcflags=-e", "-o", os.DevNull, "./...")
	cmd.Dir = c.dir
	output, err := cmd.CombinedOutput()
	if err != nil {
		found := compilerProblems(string(output))
		if len(found) == 0 {
			t.Fatalf("%v: %v\n%s", cmd, err, output)
		}
		c.problems = append(c.problems, found...)
	}
	return c
}

func (c compiled) packageDir(i int) string {
	return filepath.Join(c.dir, fmt.Sprintf("block%d", i))
}

// copyModule gives the temporary module this module's dependencies.
func (c compiled) copyModule(t *testing.T) {
	t.Helper()
	repository, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text = bytes.Replace(text, []byte("=> "+root), []byte("=> "+repository), 1)
		writeFile(t, filepath.Join(c.dir, name), string(text))
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

var (
	documentPosition  = regexp.MustCompile(`^\S*` + lineMark + `(.+:\d+:\d+: .*)$`)
	generatedPosition = regexp.MustCompile(`^\S*(block|generated)\.go:\d+(:\d+)?: .*$`)
)

// compilerProblems returns the errors in the output of go build, without what the
// compiler adds in further lines.
func compilerProblems(output string) []string {
	var problems []string
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if m := documentPosition.FindStringSubmatch(line); m != nil {
			problems = append(problems, m[1])
		} else if generatedPosition.MatchString(line) {
			problems = append(problems, line)
		}
	}
	return problems
}

// run runs the i-th block, a program, for at most the duration.
func (c compiled) run(t *testing.T, i int, limit time.Duration) []string {
	t.Helper()
	b := c.blocks[i]
	where := place{path: b.path, line: b.line}
	binary := filepath.Join(c.packageDir(i), "program")
	build := exec.CommandContext(t.Context(), "go", "build", "-mod=mod", "-o", binary, ".")
	build.Dir = c.packageDir(i)
	if output, err := build.CombinedOutput(); err != nil {
		return []string{where.problem("%v: %v\n%s", build, err, output)}
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	program := exec.CommandContext(ctx, binary)
	program.Dir = t.TempDir()
	program.Env = slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "OTEL_") || strings.HasPrefix(entry, "KRUNCHWRAPPER_")
	})
	output, err := program.CombinedOutput()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return []string{where.problem("the program did not end in %v\n%s", limit, output)}
	}
	if err != nil {
		return []string{where.problem("the program failed: %v\n%s", err, output)}
	}
	return nil
}

func TestGoBlocksCompileAndProgramsRun(t *testing.T) {
	blocks := goBlocks(documents(t))
	c := compile(t, blocks)
	report(t, c.problems)
	if t.Failed() {
		return
	}
	programs := 0
	for i, b := range blocks {
		if b.isProgram() && b.directive != "norun" {
			programs++
			report(t, c.run(t, i, 20*time.Second))
		}
	}
	if len(blocks) < 20 || programs == 0 {
		t.Errorf("only %d blocks, %d of them programs", len(blocks), programs)
	}
}

func TestCompilerErrorHasPositionInDocument(t *testing.T) {
	for name, tc := range map[string]struct {
		block block
		want  string
	}{
		"fragment that compiles": {block{text: "p, err := asynclog.Start(ctx)\nunused := 1\n"}, ""},
		"declarations":           {block{text: "func f() *processor.Processor { return nil }\n"}, ""},
		"import in a fragment":   {block{text: "import \"strings\"\n\nfmt.Println(strings.ToUpper(text))\n"}, ""},
		"directive":              {block{directive: "var p *processor.Processor", text: "p.ExportNow()\n"}, ""},
		"unknown name":           {block{text: "n++\nunknown()\n"}, "x.md:11:1: undefined: unknown"},
		"unknown option":         {block{text: "asynclog.WithNone()\n"}, "x.md:10:10: undefined: asynclog.WithNone"},
		"wrong type":             {block{text: "n = \"text\"\n"}, "x.md:10:5: cannot use \"text\""},
		"syntax error":           {block{text: "n++\nn = = 1\n"}, "x.md:11:5: expected operand"},
		"unused in a program":    {block{text: "package main\n\nfunc main() {\n\tx := 1\n}\n"}, "x.md:13:2: declared and not used: x"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.block.path, tc.block.line = "x.md", 10
			wantProblem(t, compile(t, []block{tc.block}).problems, tc.want)
		})
	}
}

func TestProgramThatDoesNotEndWellIsFound(t *testing.T) {
	for text, want := range map[string]string{
		"func main() {}":             "",
		"func main() { panic(1) }":   "x.md:10: the program failed: exit status 2",
		"func main() { select {} }":  "x.md:10: the program failed: exit status 2", // a deadlock
		"func main() { for { } }":    "x.md:10: the program did not end in 2s",
		"func main() { println(1) }": "",
	} {
		c := compile(t, []block{{path: "x.md", line: 10, text: "package main\n\n" + text + "\n"}})
		report(t, c.problems)
		wantProblem(t, c.run(t, 0, 2*time.Second), want)
	}
}
