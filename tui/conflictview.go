package tui

import (
	"fmt"

	"kvist/internal/merge"
	"kvist/keymap"
)

// view shows what each side did to base: beside each other where there is
// room, else one after the other.
func (c *conflictDialog) view(m *Model, w, h int) dialogView {
	v := dialogView{title: "Conflict", wanted: w}
	now := "was deleted meanwhile"
	if c.theirs != nil {
		now = fmt.Sprintf("is at index %d now", c.theirs.LastIndex)
	}
	was := "was not there when you began"
	if c.edit.base != nil {
		was = fmt.Sprintf("was at index %d when you began", c.edit.base.LastIndex)
	}
	key := clean(c.edit.key)
	for _, line := range wrap(fmt.Sprintf("%s %s and %s.", fitLeft(key, min(width(key), w)), was, now), w) {
		v.lines = append(v.lines, m.look.text.Paint(line))
	}
	c.tight = h < conflictRoom && w < conflictBeside
	if !c.tight {
		v.lines = append(v.lines, "")
	}
	body := c.body(m, w, max(4, h-len(v.lines)-2))
	v.lines = append(v.lines, body...)
	if !c.tight {
		v.lines = append(v.lines, m.moreBelow(c.count-c.top-c.height))
	}
	v.lines = append(v.lines, c.keys(m))
	return v
}

const (
	// conflictRoom is the height from which there is room for empty lines.
	conflictRoom = 14
	// conflictBeside is the width from which both sides stand beside each other.
	conflictBeside = 90
)

// keys are what can be pressed now: a deletion can be overwritten only by
// creating the key again, and not be merged with.
func (c *conflictDialog) keys(m *Model) string {
	switch {
	case c.edit.saving:
		return m.look.accent.Paint("saving…")
	case c.theirs != nil:
		return m.keyLine(keymap.ScopeConflict)
	}
	return m.namedKeys(keymap.ScopeConflict, named{keymap.ConflictOverwrite, "create it again"},
		named{keymap.ConflictTake, "leave it deleted"}, named{keymap.DialogCancel, "go on editing"})
}

// diffSide is what one side did to base. Only what is in sight is drawn.
type diffSide struct {
	title string
	lines []merge.Line
}

// body is as much of both sides as fits: beside each other where there is
// room, else one above the other, where they are scrolled together so that
// neither is out of sight.
func (c *conflictDialog) body(m *Model, w, h int) []string {
	const gap = 3
	half, beside := (w-gap)/2, w >= conflictBeside
	if !beside {
		half = w
	}
	theirs := diffSide{"theirs, against base", c.dOther}
	if c.theirs == nil {
		theirs.lines = []merge.Line{{Kind: merge.Removed, Text: "the key was deleted"}}
	}
	mine := diffSide{"mine, against base", c.dMine}
	if beside {
		return c.besides(m, mine, theirs, half, h)
	}
	return c.stacked(m, theirs, mine, w, h)
}

// besides shows both sides beside each other.
func (c *conflictDialog) besides(m *Model, left, right diffSide, half, h int) []string {
	c.count, c.height = 1+max(len(left.lines), len(right.lines)), h
	c.top = max(0, min(c.top, c.count-c.height))
	border := m.look.border.Paint(" │ ")
	rows := []string{padded(m.look.heading, left.title, half) + border + padded(m.look.heading, right.title, half)}
	for i := c.top; i < min(c.top+h, c.count)-1; i++ {
		rows = append(rows, m.drawDiffLine(left.lines, i, half)+border+m.drawDiffLine(right.lines, i, half))
	}
	return rows
}

// stacked shows one side above the other. What the shorter one leaves of its
// half is the other's.
func (c *conflictDialog) stacked(m *Model, upper, lower diffSide, w, h int) []string {
	between := []string{""}
	if c.tight {
		h++ // the line that says what is below: both titles say it
		between = nil
	}
	room := max(2, h-2-len(between))
	first := min(len(upper.lines), max(room/2, room-len(lower.lines)))
	second := min(len(lower.lines), room-first)
	c.height = h
	c.count = h + max(len(upper.lines)-first, len(lower.lines)-second)
	c.top = max(0, min(c.top, c.count-c.height))
	rows := append(c.part(m, upper, first, w), between...)
	return append(rows, c.part(m, lower, second, w)...)
}

// part is h lines of a side, scrolled as far as it goes.
func (c *conflictDialog) part(m *Model, s diffSide, h, w int) []string {
	top, title := max(0, min(c.top, len(s.lines)-h)), s.title
	if h < len(s.lines) {
		title += fmt.Sprintf(" (%d to %d of %s)", top+1, top+h, plural(len(s.lines), "line"))
	}
	rows := []string{padded(m.look.heading, title, w)}
	for i := top; i < top+h; i++ {
		rows = append(rows, m.drawDiffLine(s.lines, i, w))
	}
	return rows
}

// drawDiffLine paints line i of a difference, or an empty one past its end.
func (m *Model) drawDiffLine(lines []merge.Line, i, w int) string {
	if i >= len(lines) {
		return blank(w)
	}
	text := clean(lines[i].Text)
	switch line := lines[i]; {
	case line.Kind == merge.Added:
		return padded(m.look.diffAdd, "+ "+text, w)
	case line.Kind == merge.Removed:
		return padded(m.look.diffDel, "- "+text, w)
	case line.Kind == merge.Hidden && text == "":
		return m.look.muted.Paint(fit("  ⋯ "+plural(line.Count, "line")+" the same", w))
	case line.Kind == merge.Hidden:
		return m.look.muted.Paint(fit("  "+text, w))
	}
	return m.look.text.Paint(fit("  "+text, w))
}
