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

// source is a place from which a text can be read.
type source struct {
	name  string    // as the user knows it
	path  string    // "": standard input
	stdin io.Reader // if path is ""
	err   error     // found while looking for it; load returns it
}

// findSources returns a source for each name, or for the Markdown files of the
// module around the working directory if there is no name. Whether they can be
// read shows when they are: one that cannot does not stand in the way of others.
func findSources(names []string, stdin io.Reader) ([]source, error) {
	if len(names) == 0 {
		return ownTexts()
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

func ownTexts() ([]source, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("no files named, and no working directory to look for some: %w", err)
	}
	root, ok := moduleRoot(dir)
	if !ok {
		return nil, fmt.Errorf("no files named, and no go.mod in %s or above it: run it inside the repository, "+
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

// markdownFiles lists the files *.md in root, but for hidden folders, which hold
// what tools have put there. A folder that cannot be read becomes a source that
// cannot be read.
func markdownFiles(root string) []source {
	var sources []source
	// The function returns no error, so neither does WalkDir.
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
