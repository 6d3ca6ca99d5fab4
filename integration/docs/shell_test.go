package docs

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// shellChecker checks commands against what the repository has.
type shellChecker struct {
	makefile string
	bin      string            // the folder for built programs
	source   string            // of everything but documents, where environment variables are looked up
	help     map[string]string // what programs print for -h, by command
}

func newShellChecker(t *testing.T) *shellChecker {
	t.Helper()
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	c := &shellChecker{makefile: string(makefile), help: map[string]string{}, bin: t.TempDir()}
	var source strings.Builder
	err = filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && len(entry.Name()) > 2 || entry.Name() == "docs") {
			return filepath.SkipDir
		}
		if !slices.Contains([]string{".go", ".sh", ".yml"}, filepath.Ext(name)) || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(name)
		source.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c.source = source.String()
	return c
}

// check returns what is wrong with the shell blocks of a document, and with the
// commands and environment variables in its text.
func (c *shellChecker) check(d *document) []string {
	var problems []string
	for _, b := range d.blocks {
		if b.language != "sh" && b.language != "console" {
			continue
		}
		dir := "."
		for i, line := range strings.Split(b.text, "\n") {
			if b.language == "console" { // the other lines are output
				prompted, ok := strings.CutPrefix(line, "$ ")
				if !ok {
					continue
				}
				line = prompted
			}
			for _, command := range splitCommands(line) {
				at := place{b.path, b.line + i, line}
				problems = append(problems, c.checkCommand(at, &dir, command)...)
			}
		}
	}
	for _, span := range d.spans {
		dir := "."
		if strings.HasPrefix(span.text, "make ") || strings.HasPrefix(span.text, "go ") {
			problems = append(problems, c.checkCommand(span, &dir, strings.Fields(span.text))...)
		}
		for _, name := range environmentName.FindAllString(span.text, -1) {
			problems = append(problems, c.checkVariable(span, name)...)
		}
	}
	return problems
}

var (
	environmentName = regexp.MustCompile(`\b(?:ASYNC_LOG|ASYNCLOG|KRUNCHWRAPPER|OTEL)_[A-Z0-9_]*[A-Z0-9]\b`)
	assignment      = regexp.MustCompile(`^([A-Za-z_]\w*)=`)
	pathArgument    = regexp.MustCompile(`^@?[\w.-]+(/[\w.-]+)*$`)
	word            = regexp.MustCompile(`"[^"]*"|'[^']*'|&&|\|\||[|;&]|[^\s|;&"']+(?:"[^"]*"|'[^']*')?`)
)

// splitCommands returns the commands of a line of shell, as words.
func splitCommands(line string) [][]string {
	commands := [][]string{nil}
	for _, w := range word.FindAllString(line, -1) {
		switch {
		case strings.HasPrefix(w, "#"):
			return commands
		case slices.Contains([]string{"&&", "||", "|", ";", "&"}, w):
			commands = append(commands, nil)
		default:
			last := len(commands) - 1
			commands[last] = append(commands[last], strings.Trim(w, `"'`))
		}
	}
	return commands
}

// checkCommand checks one command in a folder, which cd changes.
func (c *shellChecker) checkCommand(at place, dir *string, words []string) []string {
	var problems []string
	for len(words) > 0 && assignment.MatchString(words[0]) {
		problems = append(problems, c.checkVariable(at, assignment.FindStringSubmatch(words[0])[1])...)
		words = words[1:]
	}
	if len(words) == 0 {
		return problems
	}
	name, args := words[0], words[1:]
	switch {
	case name == "cd" && len(args) == 1:
		*dir = path.Join(*dir, args[0])
		return append(problems, checkPath(at, ".", *dir)...)
	case name == "make":
		return append(problems, c.checkMake(at, args)...)
	case name == "go" && len(args) > 0:
		return append(problems, c.checkGo(at, *dir, args)...)
	case name == "./"+path.Base(*dir): // built by go build .
		return append(problems, c.checkProgram(at, *dir, args)...)
	case strings.HasPrefix(name, "./"):
		problems = append(problems, checkPath(at, *dir, name)...)
	}
	for _, arg := range args {
		if m := assignment.FindStringSubmatch(arg); m != nil && environmentName.MatchString(m[1]) {
			problems = append(problems, c.checkVariable(at, m[1])...)
		}
		if isPath(arg) {
			problems = append(problems, checkPath(at, *dir, arg)...)
		}
	}
	return problems
}

func (c *shellChecker) checkMake(at place, args []string) []string {
	var problems []string
	for _, arg := range args {
		if m := assignment.FindStringSubmatch(arg); m != nil {
			if !strings.Contains(c.makefile, "$("+m[1]+")") && !strings.Contains(c.makefile, "$(if $("+m[1]) {
				problems = append(problems, at.problem("the Makefile has no variable %s", m[1]))
			}
		} else if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(arg) + `:`).MatchString(c.makefile) {
			problems = append(problems, at.problem("the Makefile has no target %s", arg))
		}
	}
	return problems
}

func (c *shellChecker) checkGo(at place, dir string, args []string) []string {
	switch args[0] {
	case "run":
		if len(args) < 2 {
			return []string{at.problem("go run without a program")}
		}
		program := path.Join(dir, args[1])
		if problems := checkPath(at, dir, args[1]); problems != nil {
			return problems
		}
		return c.checkProgramIn(at, dir, program, args[2:])
	case "get":
		text, err := os.ReadFile("go.mod")
		for _, arg := range args[1:] {
			if err != nil || !strings.Contains(string(text), arg+" ") {
				return []string{at.problem("%s is not in integration/docs/go.mod", arg)}
			}
		}
		return nil
	}
	var problems []string
	for _, arg := range args[1:] {
		if strings.HasPrefix(arg, ".") {
			problems = append(problems, checkPath(at, dir, strings.TrimSuffix(arg, "/..."))...)
		}
	}
	return problems
}

func (c *shellChecker) checkProgram(at place, dir string, args []string) []string {
	return c.checkProgramIn(at, dir, dir, args)
}

// checkProgramIn checks the arguments of a program, whose paths are relative to dir.
func (c *shellChecker) checkProgramIn(at place, dir, program string, args []string) []string {
	var problems []string
	first := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "-") })
	before := args[:max(first, 0)] // such as a subcommand
	for _, arg := range args {
		flag, isFlag := strings.CutPrefix(arg, "-")
		switch {
		case isFlag && flag != "":
			flag, _, _ = strings.Cut(strings.TrimPrefix(flag, "-"), "=")
			help, err := c.helpOf(program, before)
			if err != nil {
				return append(problems, at.problem("%v", err))
			}
			if !regexp.MustCompile(`(?m)^\s+-` + regexp.QuoteMeta(flag) + `\b`).MatchString(help) {
				problems = append(problems, at.problem("%s has no flag -%s", program, flag))
			}
		case isPath(arg):
			problems = append(problems, checkPath(at, dir, arg)...)
		}
	}
	return problems
}

// helpOf returns what a program prints for -h after the arguments.
func (c *shellChecker) helpOf(program string, before []string) (string, error) {
	key := strings.Join(append([]string{program}, before...), " ")
	if help, ok := c.help[key]; ok {
		return help, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	binary := filepath.Join(c.bin, strings.ReplaceAll(key, "/", "_"))
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, ".")
	build.Dir = filepath.Join(root, program)
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s does not build: %w\n%s", program, err, output)
	}
	// The status of -h is the program's own choice.
	output, err := exec.CommandContext(ctx, binary, append(slices.Clone(before), "-h")...).CombinedOutput()
	if len(output) == 0 {
		return "", fmt.Errorf("%s -h prints nothing: %w", key, err)
	}
	c.help[key] = string(output)
	return c.help[key], nil
}

// checkVariable checks that an environment variable occurs in the source.
func (c *shellChecker) checkVariable(at place, name string) []string {
	if regexp.MustCompile(`\b` + name + `\b`).MatchString(c.source) {
		return nil
	}
	return []string{at.problem("nothing reads a variable %s", name)}
}

// isPath reports whether an argument looks like a path of the repository.
func isPath(arg string) bool {
	if !pathArgument.MatchString(arg) || strings.HasPrefix(arg, "-") {
		return false
	}
	extension := path.Ext(arg)
	return strings.Contains(arg, "/") || extension == ".md" || extension == ".go" || extension == ".sh"
}

func checkPath(at place, dir, name string) []string {
	name = strings.TrimPrefix(name, "@")
	if _, err := os.Stat(filepath.Join(root, dir, name)); err != nil {
		return []string{at.problem("%s: no such path", name)}
	}
	return nil
}

func TestShell(t *testing.T) {
	c := newShellChecker(t)
	for _, d := range documents(t) {
		report(t, c.check(d))
	}
}

func TestWrongCommandIsFound(t *testing.T) {
	c := newShellChecker(t)
	for line, want := range map[string]string{
		"make bench PKG=./bridge # comment":                       "",
		"go test ./... && go run ./examples/quickstart README.md": "",
		"curl -X PUT -d level=debug localhost:6060/debug":         "",
		"KRUNCHWRAPPER_ENV=development go test ./...":             "",
		"cd integration/docs && go run ./cmd/livepage -o a.png":   "",
		"go get github.com/krunchwrapper/asynclog":                "",
		"go run ./integration/docs/cmd/livepage":                  "",
		"make none":                                               "x.md:4: the Makefile has no target none",
		"make bench NONE=1":                                       "the Makefile has no variable NONE",
		"go run ./examples/none":                                  "./examples/none: no such path",
		"go test ./none/...":                                      "./none: no such path",
		"go get example.com/none":                                 "example.com/none is not in",
		"cat docs/none.md":                                        "docs/none.md: no such path",
		"source ./none.sh":                                        "./none.sh: no such path",
		"cd none":                                                 "none: no such path",
		"KRUNCHWRAPPER_NONE=1 go vet .":                           "nothing reads a variable KRUNCHWRAPPER_NONE",
		"docker run -e OTEL_NONE=1 x":                             "nothing reads a variable OTEL_NONE",
		"cd integration/docs && go run ./cmd/livepage -none":      "integration/docs/cmd/livepage has no flag -none",
	} {
		wantProblem(t, c.check(parseMarkdown("x.md", "Text.\n\n```sh\n"+line+"\n```\n")), want)
	}
	wantProblem(t, c.check(parseMarkdown("x.md", "```console\n$ make help\nmake none\n```\n")), "")
	wantProblem(t, c.check(parseMarkdown("x.md", "```console\n$ make none\n```\n")), "x.md:2: the Makefile has no target none")
	for text, want := range map[string]string{
		"`make bench-report ONLY=bounds`": "",
		"`OTEL_BLRP_*`":                   "",
		"`make none`":                     "the Makefile has no target none",
		"`KRUNCHWRAPPER_NONE`":            "nothing reads a variable KRUNCHWRAPPER_NONE",
	} {
		wantProblem(t, c.check(parseMarkdown("x.md", text)), want)
	}
}
