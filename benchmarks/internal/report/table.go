package report

import (
	"strings"

	"github.com/krunchwrapper/asynclog/benchmarks/internal/contender"
	"github.com/krunchwrapper/asynclog/benchmarks/internal/pair"
)

// table is a Markdown table.
type table struct{ rows [][]string }

func newTable(head ...string) *table { return &table{rows: [][]string{head}} }

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) String() string {
	var b strings.Builder
	for i, row := range t.rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|---|" + strings.Repeat("--:|", len(row)-1) + "\n")
		}
	}
	return b.String()
}

// contenderTable is a table with a row for each contender, or for each contender in each
// group of runs.
type contenderTable struct {
	table

	columns []column
}

// column is a column of a contenderTable: its heading and the cell of a contender.
type column struct {
	head string
	cell func(runs pair.Runs, name string) string
}

// newContenderTable returns a table without groups.
func newContenderTable(columns ...column) *contenderTable {
	return newGroupedTable(nil, columns)
}

// newGroupedTable returns a table in which the headings in group come before those of
// the contender and of the columns.
func newGroupedTable(group []string, columns []column) *contenderTable {
	head := append(append([]string{}, group...), "")
	for _, c := range columns {
		head = append(head, c.head)
	}
	return &contenderTable{table: table{rows: [][]string{head}}, columns: columns}
}

// addRuns adds a row for each contender. The cells of the group stand in the first row.
func (t *contenderTable) addRuns(runs pair.Runs, names []string, group ...string) {
	for i, name := range names {
		row := make([]string, len(group), len(group)+1+len(t.columns))
		if i == 0 {
			copy(row, group)
		}
		row = append(row, titles[name])
		for _, c := range t.columns {
			row = append(row, c.cell(runs, name))
		}
		t.add(row...)
	}
}

// median is a column of medians.
func median(head string, v pair.Value, format func(float64) string) column {
	return column{head, func(runs pair.Runs, name string) string { return format(runs.Of(name, v).Median) }}
}

// longest is a column of maxima over all runs.
func longest(head string, v pair.Value) column {
	return column{head, func(runs pair.Runs, name string) string { return duration(runs.Of(name, v).Max) }}
}

// toOther is a column of the ratios of asynclog to the other contenders.
func toOther(what string, v pair.Value) column {
	return column{what + ": asynclog / other", func(runs pair.Runs, name string) string {
		if name == contender.Asynclog {
			return ""
		}
		return ratio(runs.Ratio(contender.Asynclog, name, v))
	}}
}
