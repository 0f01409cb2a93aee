package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"kvist/internal/merge"
	"kvist/kv"
)

// shownRows returns rows with their differing words in brackets.
func shownRows(rows []diffRow) string {
	var lines []string
	for _, row := range rows {
		line := ""
		for _, p := range row.parts {
			if p.Changed {
				line += "[" + p.Text + "]"
				continue
			}
			line += p.Text
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "|")
}

// A marked word stays marked where a long line continues below.
func TestAMarkedWordGoesOnBelow(t *testing.T) {
	l := diffRows{width: 12}
	l.changed(addedRow, "+ ", []merge.Part{{Text: "01234567"}, {Text: "89abcd", Changed: true}, {Text: "efghij"}})
	if got, want := shownRows(l.rows), "+ 01234567[89]|  [abcd]efghij"; got != want {
		t.Errorf("it draws %q, want %q", got, want)
	}
}

func TestWhatCannotBeSeenInALineIsDrawn(t *testing.T) {
	for _, c := range []struct {
		name  string
		parts []merge.Part
		want  string
	}{
		{"blanks at the end", []merge.Part{{Text: "a b"}, {Text: "  ", Changed: true}}, `+ a b[\x20\x20]`},
		{"a tab", []merge.Part{{Text: "a"}, {Text: "\t", Changed: true}, {Text: "b"}}, `+ a[\t]b`},
		{"a carriage return", []merge.Part{{Text: "a"}, {Text: "\r", Changed: true}}, `+ a[\r]`},
		{"a line that is changed as a whole", []merge.Part{{Text: "a", Changed: true}}, "+ a"},
		{"an empty line", nil, "+ "},
	} {
		l := diffRows{width: 40}
		l.changed(addedRow, "+ ", c.parts)
		if got := shownRows(l.rows); got != c.want {
			t.Errorf("%s: it draws %q, want %q", c.name, got, c.want)
		}
	}
}

// In a line of many rows, unchanged text gives way to what differs.
func TestALineOfManyRowsIsCutAroundItsChanges(t *testing.T) {
	l := diffRows{width: 30}
	same := strings.Repeat("same ", 5_000)
	l.changed(removedRow, "- ", []merge.Part{{Text: same}, {Text: "8040", Changed: true}, {Text: same}, {Text: "1", Changed: true}, {Text: same}})
	got := shownRows(l.rows)
	if len(l.rows) > 5 || !strings.Contains(got, "[8040]") || !strings.Contains(got, "[1]") {
		t.Errorf("%d rows: %s", len(l.rows), got)
	}
	for _, row := range l.rows {
		if width(row.text()) > 30 {
			t.Errorf("a row of %d cells: %q", width(row.text()), row.text())
		}
	}
}

// services returns about 4 KiB of JSON on one line.
func services(port int, more string) string {
	var b strings.Builder
	b.WriteString("{")
	for i := range 80 {
		p := 8000 + i
		if i == 40 {
			p = port
		}
		fmt.Fprintf(&b, `"service%02d": {"host": "10.0.0.%d", "port": %d}, `, i, i, p)
	}
	return strings.TrimSuffix(b.String(), ", ") + more + "}"
}

// Two edits of one long line can be distinguished on every screen size.
func TestAConflictShowsWhatDiffersInALongLine(t *testing.T) {
	url := "name: s\nurl: https://settlement.internal.example.org/api/reconciliation/v%d/batches\n"
	for _, c := range []struct {
		name               string
		base, mine, theirs string
		want               []string
	}{
		{"one-line JSON", services(8040, ""), services(8040, `, "zz":1`), services(9999, ""), []string{`"zz": 1`, `"port": 8040`, `"port": 9999`, "JSON, compared entry by entry"}},
		{"a URL", fmt.Sprintf(url, 1), fmt.Sprintf(url, 2), fmt.Sprintf(url, 3), []string{"v1/batches", "v2/batches", "v3/batches"}},
		{"a line end", "30s", "30s\n", "31s", []string{"a line end was added at the end", "- 30s", "+ 31s"}},
		{"another order", services(8040, ""), services(8040, ""), `{"b":"` + strings.Repeat("x", 100) + `"}`, []string{"no difference"}},
	} {
		for _, size := range [][2]int{{60, 15}, {80, 24}, {120, 36}, {200, 50}} {
			m := met(t, size[0], size[1], c.base, c.mine, &kv.KVPair{Value: []byte(c.theirs), LastIndex: 300})
			seen := ansi.Strip(m.View().Content)
			for range 40 {
				strike(m, "j")
				seen += ansi.Strip(m.View().Content)
			}
			flat := strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╭", " ", "╯", " ").Replace(seen)), " ")
			for _, text := range c.want {
				if !strings.Contains(flat, text) && !strings.Contains(joinedRows(seen), strings.ReplaceAll(text, " ", "")) {
					t.Errorf("%s at %v: %q is nowhere:\n%s", c.name, size, text, seen[:min(len(seen), 6000)])
				}
			}
		}
	}
}

// joinedRows returns a screen without blanks and borders, so that a word broken
// over two rows is whole again.
func joinedRows(screen string) string {
	return strings.NewReplacer(" ", "", "\n", "", "│", "").Replace(screen)
}
