package tui

import (
	"strings"
	"time"

	"kvist/internal/merge"
	"kvist/internal/textdiff"
)

const (
	// diffLines and diffBytes limit how much of a difference is kept.
	diffLines = 5000
	diffBytes = 1 << 20
)

// diffPause is how long the cursor rests on a row before its values are read.
const diffPause = 150 * time.Millisecond

// diffRow is a row of a difference or a remark on it. It has no ink, since the
// theme may change before the next frame.
type diffRow struct {
	kind  diffRowKind
	parts []merge.Part // safe to draw, and together no wider than the pane
}

// diffRowKind is what a row shows.
type diffRowKind uint8

const (
	nameRow   diffRowKind = iota // the key
	markRow                      // a mark among the changes, or an error
	remarkRow                    // how exact the difference is
	sameRow
	addedRow
	removedRow
)

// text returns the row's text without ink.
func (r diffRow) text() string {
	s := ""
	for _, p := range r.parts {
		s += p.Text
	}
	return s
}

// diffRows are rows of one width.
type diffRows struct {
	width int
	rows  []diffRow
}

// say adds a paragraph.
func (l *diffRows) say(kind diffRowKind, text string) {
	for _, line := range wrap(text, l.width-2) {
		l.rows = append(l.rows, diffRow{kind, []merge.Part{{Text: " " + line}}})
	}
}

// diff adds the lines of a difference; more were left out.
func (l *diffRows) diff(lines []textdiff.Line, more int) {
	for _, line := range lines {
		switch line.Kind {
		case merge.Added:
			l.changed(addedRow, "+ ", line.Parts)
		case merge.Removed:
			l.changed(removedRow, "- ", line.Parts)
		case merge.Hidden:
			l.say(remarkRow, " ⋯ "+plural(line.Count, "line")+" the same")
		case merge.Same:
			l.rows = append(l.rows, diffRow{sameRow, []merge.Part{{Text: fit("  "+cleanHead(line.Text, l.width), l.width)}}})
		}
	}
	if more > 0 {
		l.say(remarkRow, " … "+plural(more, "more line")+", too many to show")
	}
}

// changed adds a line that differs, after its sign. A line wider than the pane
// continues below. Of a line of many rows only the text near each change is shown,
// to keep the changes in sight.
func (l *diffRows) changed(kind diffRowKind, sign string, parts []merge.Part) {
	room := max(2, l.width-len(sign))
	if bytesOf(parts) > longRows*room {
		parts = textdiff.Excerpt(parts, room/2)
	}
	parts = cleanParts(parts)
	row, used := []merge.Part{{Text: sign}}, 0
	end := func() {
		l.rows = append(l.rows, diffRow{kind, row})
		row, used = []merge.Part{{Text: "  "}}, 0
	}
	for _, p := range parts {
		for p.Text != "" {
			head, cells := cutCells(p.Text, room-used)
			if head == "" && used == 0 {
				break // wider than a row: it cannot be drawn
			}
			if head != "" {
				row = merge.Append(row, merge.Part{Text: head, Changed: p.Changed})
			}
			used += cells
			if p.Text = p.Text[len(head):]; p.Text != "" {
				end()
			}
		}
	}
	end()
}

// longRows is how many rows a line may take before unchanged text in it is cut.
const longRows = 3

// bytesOf returns the length of a line.
func bytesOf(parts []merge.Part) int {
	n := 0
	for _, p := range parts {
		n += len(p.Text)
	}
	return n
}

// cleanParts makes a line safe to draw. A line that changed as a whole has no words
// to mark. Blanks at its end are drawn as signs, since nobody would see them.
func cleanParts(parts []merge.Part) []merge.Part {
	out := make([]merge.Part, 0, len(parts))
	for i, p := range parts {
		text := p.Text
		if i == len(parts)-1 {
			bare := strings.TrimRight(text, " ")
			text = bare + strings.Repeat(blankSign, len(text)-len(bare))
		}
		out = append(out, merge.Part{Text: clean(text), Changed: p.Changed && len(parts) > 1})
	}
	return out
}

// blankSign stands for a blank that matters and would not be seen, as in names and
// values.
const blankSign = `\x20`

// drawDiffRow paints a row.
func (m *Model) drawDiffRow(row diffRow, w int) string {
	l := m.look
	switch row.kind {
	case addedRow:
		return drawChangedRow(row, l.diffAdd, l.diffAddWord, w)
	case removedRow:
		return drawChangedRow(row, l.diffDel, l.diffDelWord, w)
	case nameRow:
		return l.heading.Paint(fit(row.text(), w))
	case markRow:
		return l.warn.Paint(fit(row.text(), w))
	case remarkRow:
		return l.muted.Paint(fit(row.text(), w))
	case sameRow:
	}
	return l.text.Paint(fit(row.text(), w))
}

// drawChangedRow paints a row of a line that differs and marks the words that
// changed.
func drawChangedRow(row diffRow, line, word ink, w int) string {
	var b strings.Builder
	used := 0
	for _, p := range row.parts {
		in := line
		if p.Changed {
			in = word
		}
		b.WriteString(in.Paint(p.Text))
		used += width(p.Text)
	}
	return b.String() + blank(w-used)
}

// bounded returns the part of a difference that is kept, in memory of its own, and
// how many lines were left out.
func bounded(lines []textdiff.Line) (kept []textdiff.Line, more int) {
	kept = make([]textdiff.Line, 0, min(len(lines), diffLines))
	room := diffBytes
	for _, line := range lines {
		if len(kept) == diffLines || room == 0 {
			break
		}
		parts := make([]merge.Part, 0, len(line.Parts))
		for _, p := range line.Parts {
			if len(p.Text) > room {
				p.Text = p.Text[:room] + "…"
			}
			room -= min(room, len(p.Text))
			p.Text = strings.Clone(p.Text) // rather than keep the whole value alive
			parts = append(parts, p)
		}
		line.Parts, line.Text = parts, strings.Clone(firstBytesOf(line.Text, diffText))
		kept = append(kept, line)
	}
	return kept, len(lines) - len(kept)
}

// diffText is how much of an unchanged line is kept; such a line takes one row.
const diffText = 4 << 10

// firstBytesOf returns at most the first n bytes of s.
func firstBytesOf(s string, n int) string { return s[:min(len(s), n)] }

// differs reports whether a line is in only one of the texts.
func differs(line textdiff.Line) bool { return line.Kind == merge.Added || line.Kind == merge.Removed }

// sideText describes a value that is not shown by its size.
func sideText(value []byte, known bool) string {
	switch {
	case !known:
		return "not known"
	case value == nil:
		return "nothing"
	default:
		return sized(int64(len(value)))
	}
}
