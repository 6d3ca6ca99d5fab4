package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
)

// check prints each count beside its limit and returns what is above it.
func check(repo repository, limits []limit, out io.Writer) []string {
	var findings []string
	var text strings.Builder
	for _, l := range limits {
		count, place := repo.count(l, limits)
		fmt.Fprintf(&text, "%s\t%s\t%d\tof at most %d\t%s\n", l.quantity, strings.Join(l.where, " "), count, l.most, place)
		if count > l.most {
			findings = append(findings, fmt.Sprintf("%s %s: %d, at most %d %s",
				l.quantity, strings.Join(l.where, ","), count, l.most, place))
		}
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, err := io.WriteString(w, text.String())
	if err = errors.Join(err, w.Flush()); err != nil {
		findings = append(findings, err.Error())
	}
	return findings
}

// count returns what the limit is about, and where the most is if the limit is for
// everything.
func (r repository) count(l limit, limits []limit) (count int, place string) {
	if l.quantity == "word" {
		return r.countWord(l.where)
	}
	if !slices.Equal(l.where, []string{everything}) {
		for _, where := range l.where {
			count += r.countAt(l.quantity, where)
		}
		return count, ""
	}
	for _, where := range r.places(l.quantity) {
		if named(limits, l.quantity, where) {
			continue
		}
		if n := r.countAt(l.quantity, where); n > count {
			count, place = n, where
		}
	}
	return count, place
}

// places returns all places that have the quantity, in order.
func (r repository) places(quantity string) []string {
	if quantity == "lines" {
		return slices.DeleteFunc(slices.Sorted(maps.Keys(r.texts)), func(path string) bool {
			return !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go")
		})
	}
	return slices.Sorted(maps.Keys(r.packages))
}

// countAt returns 0 for a place that does not exist.
func (r repository) countAt(quantity, where string) int {
	if quantity == "lines" {
		return strings.Count(r.texts[where], "\n")
	}
	p := r.packages[where]
	switch {
	case p == nil:
		return 0
	case quantity == "files":
		return len(p.files)
	case !p.public:
		return 0
	case quantity == "options":
		return len(p.options)
	default:
		return len(p.names)
	}
}

// countWord counts the lines that hold one of the words, in any case, as a word or
// as a part of an identifier. This command's own files are left out, as they name
// the words.
func (r repository) countWord(words []string) (count int, place string) {
	pattern := regexp.MustCompile(`(?i)\b(` + strings.Join(words, "|") + `)\b`)
	for _, file := range slices.Sorted(maps.Keys(r.texts)) {
		if path.Dir(file) == "internal/house" {
			continue
		}
		for i, line := range strings.Split(r.texts[file], "\n") {
			if pattern.MatchString(line) {
				count++
				place = fmt.Sprintf("%s:%d", file, i+1)
			}
		}
	}
	return count, place
}
