package main

import (
	"fmt"
	"io"
	"sort"
	"strings"
)

// row is one line of the table.
type row struct {
	what      string
	server    string
	kvist     string
	reference string // what it is compared with; "" for nothing
	ratio     string
	goal      string
	verdict   string
}

// judged returns the row with its verdict.
func (r row) judged(reached bool) row {
	r.verdict = "**missed**"
	if reached {
		r.verdict = "reached"
	}
	return r
}

// table holds what was measured.
type table struct {
	facts func() string
	rows  []row
}

// print writes the table as Markdown, after a line about the machine and the
// servers.
func (t *table) print(w io.Writer) error {
	sort.SliceStable(t.rows, func(i, j int) bool { return place(t.rows[i].what) < place(t.rows[j].what) })
	var b strings.Builder
	fmt.Fprintf(&b, "Measured on %s.\n\n", t.facts())
	b.WriteString("| what | server | kvist | reference | ratio | to reach | verdict |\n|---|---|---|---|---|---|---|\n")
	for _, r := range t.rows {
		cells := []string{r.what, r.server, r.kvist, r.reference, r.ratio, r.goal, r.verdict}
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "|", "\\|")
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
