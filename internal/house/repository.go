package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// repository is what is counted.
type repository struct {
	folders  map[string]bool
	packages map[string]*pkg   // by folder, "." for the top
	texts    map[string]string // Go files with their tests, and documents, by path
}

// pkg is the Go files of one folder, without tests.
type pkg struct {
	files   []string
	public  bool // a user may import it
	names   map[string]bool
	options map[string]bool
}

// readRepository reads the Go files and documents below root. Folders whose name
// begins with a dot, and testdata, are left out, as by the go command.
func readRepository(root string) (repository, error) {
	repo := repository{map[string]bool{}, map[string]*pkg{}, map[string]string{}}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name, rel := d.Name(), filepath.ToSlash(rel)
		switch {
		case !d.IsDir():
			if ext := filepath.Ext(name); ext == ".go" || ext == ".md" {
				return repo.add(root, rel)
			}
		case rel != "." && strings.HasPrefix(name, "."), name == "testdata":
			return fs.SkipDir
		default:
			repo.folders[rel] = true
		}
		return nil
	})
	return repo, err
}

func (r repository) add(root, path string) error {
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		return err
	}
	r.texts[path] = string(text)
	if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
		return nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	dir := filepath.ToSlash(filepath.Dir(path))
	p := r.packages[dir]
	if p == nil {
		p = &pkg{names: map[string]bool{}, options: map[string]bool{}}
		r.packages[dir] = p
	}
	p.files = append(p.files, path)
	p.public = p.public || isPublic(dir, file.Name.Name)
	for _, d := range file.Decls {
		p.declare(d)
	}
	return nil
}

// isPublic reports whether users may import the package: no command, nothing
// internal, no example, and no part of a module that only tests or measures.
func isPublic(dir, name string) bool {
	if name == "main" {
		return false
	}
	parts := strings.Split(dir, "/")
	return !slices.Contains(parts, "internal") &&
		!slices.Contains([]string{"examples", "integration", "benchmarks"}, parts[0])
}

// declare counts a declaration once, however many files with build constraints
// repeat it.
func (p *pkg) declare(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv != nil || !d.Name.IsExported() {
			return
		}
		p.names[d.Name.Name] = true
		if strings.HasPrefix(d.Name.Name, "With") && returnsOption(d.Type) {
			p.options[d.Name.Name] = true
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				p.name(s.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					p.name(n)
				}
			}
		}
	}
}

func (p *pkg) name(n *ast.Ident) {
	if n.IsExported() {
		p.names[n.Name] = true
	}
}

// returnsOption reports whether the one result is a type of this package whose
// name ends in Option.
func returnsOption(f *ast.FuncType) bool {
	if f.Results == nil || len(f.Results.List) != 1 {
		return false
	}
	t, ok := f.Results.List[0].Type.(*ast.Ident)
	return ok && strings.HasSuffix(t.Name, "Option")
}
