package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// source is a file, or standard input, from which a text is read.
type source struct {
	name  string    // for messages and records
	path  string    // "": standard input
	stdin io.Reader // used if path is ""
	err   error     // the error of the search for sources; load returns it
}

// findSources returns a source for each name. Without names it returns a source for each
// Markdown file of the module around the working directory. It does not check that the
// sources can be read, because one that cannot must not keep others from being processed.
func findSources(names []string, stdin io.Reader) ([]source, error) {
	if len(names) == 0 {
		return moduleTexts()
	}
	var sources []source
	stdins := 0
	for _, name := range names {
		if name != "-" {
			sources = append(sources, source{name: name, path: name})
			continue
		}
		if stdins++; stdins > 1 {
			return nil, errors.New("standard input (-) is named twice, but can be read only once")
		}
		sources = append(sources, source{name: "standard input", stdin: stdin})
	}
	return sources, nil
}

// moduleTexts returns the Markdown files of the module around the working directory.
func moduleTexts() ([]source, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("no files named, and the working directory is unknown: %w", err)
	}
	root, ok := moduleRoot(dir)
	if !ok {
		return nil, fmt.Errorf("no files named, and no go.mod in %s or above it: run the program inside the repository, "+
			"or name the files to read (- is standard input)", dir)
	}
	sources := markdownFiles(root)
	if len(sources) == 0 {
		return nil, fmt.Errorf("no files named, and no Markdown files in %s: name the files to read (- is standard input)", root)
	}
	return sources, nil
}

// moduleRoot returns the closest folder with a go.mod, from dir upwards.
func moduleRoot(dir string) (string, bool) {
	for {
		if info, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil && info.Mode().IsRegular() {
			return dir, true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", false
		}
		dir = parent
	}
}

// markdownFiles lists the *.md files below root. It skips hidden folders, whose files
// are those of tools. A folder that cannot be read becomes a source that cannot be read.
func markdownFiles(root string) []source {
	var sources []source
	// The callback returns no error, so WalkDir returns none.
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name := path
		if rel, relErr := filepath.Rel(root, path); relErr == nil {
			name = rel
		}
		switch {
		case err != nil:
			sources = append(sources, source{name: name, path: path, err: err})
		case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.Type().IsRegular() && strings.EqualFold(filepath.Ext(path), ".md"):
			sources = append(sources, source{name: name, path: path})
		}
		return nil
	})
	return sources
}
