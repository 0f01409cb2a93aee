package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"kvist/keymap"
)

// frameCache keeps the last frame, so that an unchanged one is not drawn again.
type frameCache struct {
	stale  bool
	lines  string
	cursor *tea.Cursor
	pane   []string   // the lines of the pane with the focus
	dialog dialogView // the topmost dialog; empty for none
}

// View returns the frame.
func (m *Model) View() tea.View {
	if m.past != nil {
		return m.past.View()
	}
	if m.frame.stale || m.frame.lines == "" {
		m.frame.lines, m.frame.cursor = m.draw()
		m.frame.stale = false
	}
	lines := m.frame.lines
	if m.opts.ASCII {
		lines = plainLines.Replace(lines)
	}
	v := tea.NewView(lines)
	v.AltScreen = true
	v.MouseMode = tea.MouseModeCellMotion
	v.WindowTitle = "kvist " + clean(m.name()) + m.asOf.title()
	v.BackgroundColor = m.look.Theme.Background()
	v.Cursor = m.frame.cursor
	return v
}

// plainLines replaces the lines and signs of frames for terminals that show only
// ASCII.
var plainLines = strings.NewReplacer(
	"─", "-", "╌", "-", "│", "|", "┃", "#", "┬", "+", "╭", "+", "╮", "+", "╰", "+", "╯", "+",
	"…", "~", "⋯", ".", "·", "-", "█", "#", "░", ".", "≥", ">", "↑", "^", "↓", "v", "←", "<", "→", ">",
)

// name returns what the screen calls the store.
func (m *Model) name() string {
	if m.opts.Profile == "" {
		return m.opts.Address
	}
	return m.opts.Profile
}

// draw returns a frame and the terminal's cursor in it.
func (m *Model) draw() (string, *tea.Cursor) {
	switch {
	case m.width == 0:
		return " ", nil
	case m.tooSmall():
		m.grace.drew(m.now(), nil, nil, false)
		return m.drawTooSmall(), nil
	}
	if m.starting() && len(m.dialogs) > 0 {
		return m.overlay(m.drawStart(), nil, m.top().(dialog))
	}
	r := m.areas()
	lines := make([]string, 0, m.height)
	lines = append(lines, m.statusLine(m.width))
	right := m.drawBeside(r.right.w, r.right.h)
	focused, area := right, r.right
	if m.focus == m.tree {
		focused, area = nil, r.tree
	}
	m.frame.pane, m.frame.dialog = focused, dialogView{}
	switch {
	case r.whole:
		lines = append(append(lines, m.titleLine(r.right.w, m.beside().title(m), true)), right...)
	case r.stacked:
		lines = append(lines, m.titleLine(r.tree.w, m.tree.title(m), m.focus == m.tree))
		lines = append(lines, m.drawStackedTree(r.tree)...)
		lines = append(lines, m.titleLine(r.right.w, m.beside().title(m), m.focus != m.tree))
		lines = append(lines, right...)
	default:
		lines = append(lines, m.titleLine(r.tree.w, m.tree.title(m), m.focus == m.tree)+
			m.look.border.Paint("┬")+m.titleLine(r.right.w, m.beside().title(m), m.focus != m.tree))
		bar := m.treeBar(r.tree.h, "│")
		for i, row := range m.tree.view(m, r.tree.w, r.tree.h) {
			lines = append(lines, row+bar[i]+right[i])
		}
	}
	bottom := m.bottomLines(m.width)
	lines = append(lines[:m.height-len(bottom)], bottom...)
	frame := strings.Join(lines, "\n")
	caret := m.paneCaret(focused, area)
	if n := len(m.dialogs); n > 0 {
		return m.overlay(frame, caret, m.dialogs[n-1])
	}
	m.grace.drew(m.now(), nil, nil, false)
	if m.card {
		frame = m.drawCard(frame, r.right)
	}
	return frame, caret
}

// titleLine returns the line above a pane. Of a name that is too long it cuts the
// beginning, of the words around it nothing.
func (m *Model) titleLine(w int, t paneTitle, focus bool) string {
	ink, line := m.look.title, m.look.border
	if focus {
		ink, line = m.look.titleFocus, m.look.borderFocus
	}
	title := t.fit(w - titleEdges)
	return line.Paint("─ ") + ink.Paint(title) + line.Paint(" "+strings.Repeat("─", max(0, w-3-width(title))))
}

// titleEdges is the width of the line around a title.
const titleEdges = 4

// paneTitle is the title of a pane: what it shows, of what, and how much. The link
// stands before the name and is left out with it.
type paneTitle struct{ what, link, name, tail string }

// fit returns the title in at most w cells.
func (t paneTitle) fit(w int) string {
	text := t.what
	if room := w - width(t.what) - 1 - width(t.link) - width(t.tail); t.name != "" && room >= min(titleName, width(t.name)) {
		text += " " + t.link + fitLeft(t.name, min(width(t.name), room))
	}
	text += t.tail
	return fit(text, min(width(text), w))
}

// titleName is the fewest cells of a name that are worth showing.
const titleName = 8

// drawTooSmall returns the frame of a terminal that is too small.
func (m *Model) drawTooSmall() string {
	text := "terminal too small: " + itoa(m.width) + "x" + itoa(m.height) + ", kvist needs " + itoa(leastWidth) + "x" + itoa(leastHeight)
	lines := wrap(text, max(1, m.width))
	return strings.Join(lines[:min(len(lines), max(1, m.height))], "\n")
}

// overlay draws a dialog over a frame. The terminal's cursor stands where the dialog
// says, else at its beginning, where reading begins.
func (m *Model) overlay(frame string, behind *tea.Cursor, d dialog) (string, *tea.Cursor) {
	room, w, h := m.dialogRoom(d)
	v := d.view(m, w, h)
	m.grace.drew(m.now(), d, v.lines, len(v.lines) <= h && !v.unread)
	if len(v.lines) == 0 {
		m.frame.dialog = dialogView{}
		return frame, behind
	}
	if n := len(v.lines); n > h { // the last line names the keys and stays
		v.lines = append(v.lines[:h-1:h-1], v.lines[n-1])
	}
	inner := v.wanted
	for _, line := range v.lines {
		inner = max(inner, ansi.StringWidthWc(line))
	}
	inner = min(max(inner, width(v.title)+4), w)
	box := m.box(v, inner)
	x, y := room.x+(room.w-inner-dialogMargin)/2, max(1, room.y+(room.h-len(box))/2)
	if p, ok := d.(*prompt); ok && p.low {
		y = max(1, m.height-len(box))
	}
	m.dialogAt, m.frame.dialog = rect{x + 3, y + 1, inner, len(v.lines)}, v
	at := point{textStart(v.lines[0]), 0}
	if v.cursor != nil {
		at = *v.cursor
	}
	return lay(frame, box, x, y), caretAt(point{x + 3 + at.x, y + 1 + at.y}, v.cursor != nil && !v.onRow)
}

// lay puts the lines of a box over a frame, from cell x of line y on.
func lay(frame string, box []string, x, y int) string {
	lines := strings.Split(frame, "\n")
	for i, over := range box {
		if y+i >= len(lines) {
			break
		}
		under := lines[y+i]
		width := ansi.StringWidthWc(under)
		left := cutStyled(under, 0, x, "")
		end := x + ansi.StringWidthWc(over)
		right := cutStyled(under, end, width, "")
		gap := max(0, width-end-ansi.StringWidthWc(right)) // half of a wide character
		lines[y+i] = left + blank(x-ansi.StringWidthWc(left)) + ansi.ResetStyle + over + ansi.ResetStyle + blank(gap) + right
	}
	return strings.Join(lines, "\n")
}

// moreBelow returns the line below text that goes on.
func (m *Model) moreBelow(lines int) string {
	if lines <= 0 {
		return ""
	}
	return m.look.muted.Paint("… " + plural(lines, "more line") + ", " + m.keyFor(keymap.ScopeMove, keymap.CursorDown) + " scrolls")
}

// box returns a dialog's lines with a border, and a blank cell on each side that
// sets them off from the frame behind.
func (m *Model) box(v dialogView, inner int) []string {
	line, title := m.look.borderFocus, m.look.dialogTitle
	if v.danger {
		line, title = m.look.borderDanger, m.look.danger
	}
	head := fit(v.title, min(width(v.title), inner))
	box := []string{" " + line.Paint("╭─ ") + title.Paint(head) + line.Paint(" "+strings.Repeat("─", max(0, inner-width(head)-1))+"╮") + " "}
	for _, text := range v.lines {
		box = append(box, " "+line.Paint("│ ")+fitStyled(text, inner)+line.Paint(" │")+" ")
	}
	return append(box, " "+line.Paint("╰"+strings.Repeat("─", inner+2)+"╯")+" ")
}
