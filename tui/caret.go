package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"kvist/keymap"
)

// The terminal's own cursor stands where the user is: in the text that is typed, or
// at the beginning of the row under the cursor. Screen readers say the line that it
// is on, and magnifiers follow it.

// caretAt returns the terminal's cursor at a cell of the screen. In text it blinks,
// as a terminal's does; on a row it is a line below, which hides nothing.
func caretAt(at point, typing bool) *tea.Cursor {
	c := tea.NewCursor(at.x, at.y)
	if !typing {
		c.Shape, c.Blink = tea.CursorUnderline, false
	}
	return c
}

// paneCaret returns the terminal's cursor in the pane with the focus, of which the
// lines are drawn at r; nil if it has no row.
func (m *Model) paneCaret(lines []string, r rect) *tea.Cursor {
	p := m.focus
	if p != m.tree {
		p = m.beside()
	}
	at, ok := p.caret(m)
	if !ok || at.y >= r.h {
		return nil
	}
	typing := keymap.Typing(p.scope())
	if !typing && at.x == 0 && at.y < len(lines) {
		at.x = textStart(lines[at.y])
	}
	return caretAt(point{r.x + min(at.x, r.w-1), r.y + at.y}, typing)
}

// textStart returns the cell in which the text of a drawn line begins.
func textStart(line string) int {
	text := ansi.Strip(line)
	n := len(text) - len(strings.TrimLeft(text, " "))
	if n == len(text) {
		return 0
	}
	return n
}
