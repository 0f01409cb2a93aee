package tui

import (
	"fmt"
	"slices"
	"strings"

	"kvist/internal/textdiff"
	"kvist/keymap"
)

// lay breaks both sides into rows and divides the room between them.
func (c *conflictDialog) lay(m *Model, w, h int) {
	c.tight = h < conflictRoom && w < conflictBeside
	h = max(4, h-len(c.head(m, w))-2)
	if m.sidesBeside(w) {
		half := conflictHalf(w)
		c.fit(1+max(len(c.myChange.lay(m, half)), len(c.theirChange.lay(m, half))), h)
		return
	}
	between := 1
	if c.tight {
		h++ // both titles say what is below, so that line is free
		between = 0
	}
	upper, lower := len(c.myChange.lay(m, w)), len(c.theirChange.lay(m, w))
	room := max(2, h-2-between)
	first := min(upper, max(room/2, room-lower)) // the other side gets what the shorter one leaves
	second := min(lower, room-first)
	c.parts = [2]int{first, second}
	c.fit(h+max(upper-first, lower-second), h)
}

// view shows what each side changed: beside each other if there is room, or one
// above the other. These scroll together, so that both stay in sight.
func (c *conflictDialog) view(m *Model, w, _ int) dialogView {
	v := dialogView{title: "Conflict", wanted: w, lines: c.head(m, w)}
	if m.sidesBeside(w) {
		v.lines = append(v.lines, c.besides(m, conflictHalf(w))...)
	} else {
		v.lines = append(v.lines, c.stacked(m, w)...)
	}
	if !c.tight {
		v.lines = append(v.lines, m.moreBelow(c.count-c.top-c.height))
	}
	v.lines = append(v.lines, c.keys(m))
	return v
}

// head returns the lines above the two sides.
func (c *conflictDialog) head(m *Model, w int) []string {
	var lines []string
	key := cleanName(c.edit.key)
	for _, line := range wrap(fitLeft(key, min(width(key), w))+" "+c.story(m), w) {
		lines = append(lines, m.look.text.Paint(line))
	}
	if !c.tight {
		lines = append(lines, "")
	}
	return lines
}

// story says what somebody else did to the key.
func (c *conflictDialog) story(m *Model) string {
	switch base := c.edit.base; {
	case c.theirs == nil && base == nil:
		return "was created and deleted by someone else."
	case c.theirs == nil:
		return "was deleted while you were " + c.doing() + " " + m.revision(base.LastIndex) + "."
	case base == nil:
		return "was created by someone else: " + m.revision(c.theirs.LastIndex) + "."
	default:
		return fmt.Sprintf("changed from %s to %d while you were %s.", m.revision(base.LastIndex), c.theirs.LastIndex, strings.TrimSuffix(c.doing(), " at"))
	}
}

// doing says what the user did to the key meanwhile.
func (c *conflictDialog) doing() string {
	if c.edit.putsBack {
		return "looking at"
	}
	return "editing"
}

const (
	// conflictRoom is the height from which there is room for empty lines.
	conflictRoom = 14
	// conflictBeside is the width from which both sides stand beside each other.
	conflictBeside = 90
)

// sidesBeside reports whether both sides stand beside each other. Lines that are heard
// say all of one side before the other.
func (m *Model) sidesBeside(w int) bool { return w >= conflictBeside && !m.opts.Linear }

// keys returns the keys that work now: over a deletion, the key can only be created
// again, not merged.
func (c *conflictDialog) keys(m *Model) string {
	cancel := named{keymap.DialogCancel, "cancel"}
	if !c.edit.putsBack {
		cancel.text = "keep editing"
	}
	switch {
	case c.edit.saving:
		return m.look.accent.Paint("saving…")
	case c.theirs != nil && !c.edit.putsBack:
		return m.keyLine(keymap.ScopeConflict)
	case c.theirs != nil:
		return m.namedKeys(keymap.ScopeConflict, named{keymap.ConflictOverwrite, "overwrite"},
			named{keymap.ConflictTake, "take theirs"}, named{keymap.ConflictMerge, "merge"}, cancel)
	}
	return m.namedKeys(keymap.ScopeConflict, named{keymap.ConflictOverwrite, "create it again"},
		named{keymap.ConflictTake, "leave it deleted"}, cancel)
}

// diffSide is what one side changed. Only the lines in sight are drawn.
type diffSide struct {
	title   string
	key     string
	was     int // bytes before
	now     int // and after
	differs bool
	veiled  bool // the profile of another store masks one of the values
	remarks []string
	lines   []textdiff.Line
	more    int // lines that were left out
	laid    diffRows
	masked  bool // laid shows no value
}

// newDiffSide returns a side that made a value of a key, of now bytes, out of was bytes.
func newDiffSide(title, key string, d textdiff.Diff, was, now int) diffSide {
	s := diffSide{title: title, key: key, was: was, now: now, differs: true, remarks: d.Remarks()}
	s.lines, s.more = bounded(textdiff.Collapse(d.Lines))
	switch {
	case d.Binary:
		s.remarks = append(s.remarks, fmt.Sprintf("binary, %d bytes before, %d bytes now", was, now))
	case !slices.ContainsFunc(s.lines, differs):
		s.remarks, s.lines, s.differs = append(s.remarks, "no difference"), nil, false
	}
	return s
}

// lay breaks the side into rows of width w, once per width.
func (s *diffSide) lay(m *Model, w int) []diffRow {
	if masked := m.conceals(s.key) || s.veiled && m.mask.shown != s.key; s.laid.width != w || s.masked != masked {
		s.laid, s.masked = diffRows{width: w}, masked
		if masked {
			s.laid.say(remarkRow, m.maskedChange(s.was, s.now, s.differs))
			return s.laid.rows
		}
		for _, remark := range s.remarks {
			s.laid.say(remarkRow, remark)
		}
		s.laid.diff(s.lines, s.more)
	}
	return s.laid.rows
}

// conflictHalf returns the width of each side when they stand beside each other.
func conflictHalf(w int) int {
	const between = 3
	return (w - between) / 2
}

// besides shows both sides beside each other.
func (c *conflictDialog) besides(m *Model, half int) []string {
	left, right := c.myChange.laid.rows, c.theirChange.laid.rows
	border := m.look.border.Paint(" │ ")
	rows := []string{padded(m.look.heading, c.myChange.title, half) + border + padded(m.look.heading, c.theirChange.title, half)}
	for i := c.top; i < c.end()-1; i++ {
		rows = append(rows, m.drawDiffAt(left, i, half)+border+m.drawDiffAt(right, i, half))
	}
	return rows
}

// stacked shows my change above theirs.
func (c *conflictDialog) stacked(m *Model, w int) []string {
	rows := c.part(m, c.myChange.title, c.myChange.laid.rows, c.parts[0], w)
	if !c.tight {
		rows = append(rows, "")
	}
	return append(rows, c.part(m, c.theirChange.title, c.theirChange.laid.rows, c.parts[1], w)...)
}

// part returns h rows of a side, as far as it is scrolled.
func (c *conflictDialog) part(m *Model, title string, side []diffRow, h, w int) []string {
	top := max(0, min(c.top, len(side)-h))
	if h < len(side) {
		title += fmt.Sprintf(" (%d to %d of %s)", top+1, top+h, plural(len(side), "line"))
	}
	rows := []string{padded(m.look.heading, title, w)}
	for i := top; i < top+h; i++ {
		rows = append(rows, m.drawDiffAt(side, i, w))
	}
	return rows
}

// drawDiffAt paints row i of a difference, or a blank one after its end.
func (m *Model) drawDiffAt(rows []diffRow, i, w int) string {
	if i >= len(rows) {
		return blank(w)
	}
	return m.drawDiffRow(rows[i], w)
}
