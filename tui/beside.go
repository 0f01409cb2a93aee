package tui

import tea "charm.land/bubbletea/v2"

// beside is the pane that stands right of the tree: the editor while it is open.
func (m *Model) beside() pane {
	if m.editor != nil {
		return m.editor
	}
	return m.right
}

// visible reports whether a pane is on the screen.
func (m *Model) visible(p pane) bool { return p == m.tree || p == m.beside() }

// drawBeside draws the pane right of the tree, in exactly h lines.
func (m *Model) drawBeside(w, h int) []string {
	lines := m.beside().view(m, w, h)
	for len(lines) < h {
		lines = append(lines, blank(w))
	}
	return lines[:h]
}

// writer is a pane that text is typed into.
type writer interface {
	// cursor is the cell of the pane that the next character goes to.
	cursor() point
}

// textCursor is where the terminal's cursor stands in the pane that has the
// focus; r is where the pane beside the tree is drawn.
func (m *Model) textCursor(r rect) *tea.Cursor {
	w, writes := m.beside().(writer)
	if !writes || m.focus == m.tree {
		return nil
	}
	at := w.cursor()
	return tea.NewCursor(r.x+at.x, r.y+at.y)
}
