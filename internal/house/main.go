// Command house counts what makes the repository easy or hard to find one's way
// in: files of a package, lines of a file, options and exported names. It prints
// the counts beside the limits in limits.txt, and fails if one is exceeded, or if
// DESIGN.md does not name every package.
//
//	go run ./internal/house
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "house:", err)
		os.Exit(1)
	}
}

// run checks the repository at root.
func run(root string) error {
	file := filepath.Join(root, "internal", "house", "limits.txt")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	limits, err := parseLimits(string(text))
	if err != nil {
		return fmt.Errorf("%s:%w", file, err)
	}
	repo, err := readRepository(root)
	if err != nil {
		return err
	}
	findings := check(repo, limits, os.Stdout)
	findings = append(findings, checkDesign(repo)...)
	for _, f := range findings {
		fmt.Fprintln(os.Stderr, "house:", f)
	}
	if len(findings) > 0 {
		return fmt.Errorf("%d found above", len(findings))
	}
	return nil
}
