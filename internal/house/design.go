package main

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// mapEntry is the beginning of a line of the file map in DESIGN.md: a folder, or
// files of the folder above it, indented by two spaces a level.
var mapEntry = regexp.MustCompile(`^( *)(\S+)`)

// checkDesign returns the packages that the file map in DESIGN.md, its first code
// block, does not name, and the folders it names that do not exist.
func checkDesign(repo repository) []string {
	text, ok := repo.texts["DESIGN.md"]
	if !ok {
		return []string{"DESIGN.md is missing"}
	}
	_, block, _ := strings.Cut(text, "```\n")
	block, _, ok = strings.Cut(block, "```")
	if !ok {
		return []string{"DESIGN.md has no file map, which is its first code block"}
	}
	folders := mapFolders(block)
	var findings []string
	for _, dir := range slices.Sorted(maps.Keys(repo.packages)) {
		if dir != "." && !folders[dir] {
			findings = append(findings, "DESIGN.md: the file map does not name package "+dir)
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(folders)) {
		if !repo.folders[dir] {
			findings = append(findings, fmt.Sprintf("DESIGN.md: the file map names %s/, which does not exist", dir))
		}
	}
	return findings
}

// mapFolders returns the folders that the map names. A name that ends in a slash is
// a folder; names in one line are separated by a space, and a folder's own folders
// stand below it, two spaces further in.
func mapFolders(block string) map[string]bool {
	folders := map[string]bool{}
	var open []string // the folders above the line, by level
	for line := range strings.SplitSeq(block, "\n") {
		match := mapEntry.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		level := len(match[1]) / 2
		if level > len(open) {
			continue // the text of the line before goes on
		}
		open = open[:level]
		for name := range strings.FieldsSeq(line) {
			if !strings.HasSuffix(name, "/") {
				break
			}
			folders[path.Join(append(slices.Clone(open), name)...)] = true
		}
		if folder, ok := strings.CutSuffix(match[2], "/"); ok {
			open = append(open, folder)
		}
	}
	return folders
}
