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
	for _, line := range wrap(fmt.Sprintf("%s %s and %s.", clean(c.edit.key), was, now), w) {
		v.lines = append(v.lines, m.look.text.Paint(line))
	}
	v.lines = append(v.lines, "")
	body := c.columns(m, w)
	c.count, c.height = len(body), max(1, h-len(v.lines)-3)
	c.top = max(0, min(c.top, c.count-c.height))
	v.lines = append(v.lines, body[c.top:min(c.top+c.height, len(body))]...)
	v.lines = append(v.lines, m.moreBelow(c.count-c.top-c.height), m.keyLine(keymap.ScopeConflict))
	if c.edit.saving {
		v.lines[len(v.lines)-1] = m.look.accent.Paint("saving…")
	}
	return v
}

// columns are both diffs.
func (c *conflictDialog) columns(m *Model, w int) []string {
	const gap = 3
	half := (w - gap) / 2
	beside := w >= 90
	if !beside {
		half = w
	}
	mine := append([]string{padded(m.look.heading, "mine, against base", half)}, m.drawDiff(c.dMine, half)...)
	theirs := []string{padded(m.look.heading, "theirs, against base", half)}
	if c.theirs == nil {
		theirs = append(theirs, padded(m.look.diffDel, "- the key was deleted; o creates it again", half))
	} else {
		theirs = append(theirs, m.drawDiff(c.dOther, half)...)
	}
	if !beside {
		return append(append(theirs, ""), mine...)
	}
	var rows []string
	for i := range max(len(mine), len(theirs)) {
		rows = append(rows, at(mine, i, half)+m.look.border.Paint(" │ ")+at(theirs, i, half))
	}
	return rows
}

// at is line i, or an empty one past the end.
func at(lines []string, i, w int) string {
	if i < len(lines) {
		return lines[i]
	}
	return blank(w)
}

// diffContext is how many unchanged lines are shown around a change.
const diffContext = 2

// drawDiff paints a diff, leaving out what is far from any change.
func (m *Model) drawDiff(lines []merge.Line, w int) []string {
	var out []string
	changed := false
	for _, line := range merge.Brief(lines, diffContext) {
		changed = changed || line.Kind != merge.Same && line.Kind != merge.Hidden
		text := clean(line.Text)
		switch line.Kind {
		case merge.Added:
			out = append(out, padded(m.look.diffAdd, "+ "+text, w))
		case merge.Removed:
			out = append(out, padded(m.look.diffDel, "- "+text, w))
		case merge.Hidden:
			out = append(out, m.look.muted.Paint(fit("  ⋯ "+plural(line.Count, "line")+" the same", w)))
		default:
			out = append(out, m.look.text.Paint(fit("  "+text, w)))
		}
	}
	if !changed && len(lines) != 1 {
		return []string{m.look.muted.Paint(fit("  no difference", w))}
	}
	return out
}
