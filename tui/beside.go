package tui

import tea "charm.land/bubbletea/v2"

// beside returns the pane right of the tree: the editor while it is open.
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

// writer is a pane that takes text.
type writer interface {
	// cursor returns the cell of the pane where the next character goes.
	cursor() point
}

// textCursor returns the terminal's cursor in the pane beside the tree, which is
// drawn at r; nil unless that pane has the focus and takes text.
func (m *Model) textCursor(r rect) *tea.Cursor {
	w, writes := m.beside().(writer)
	if !writes || m.focus == m.tree {
		return nil
	}
	at := w.cursor()
	return tea.NewCursor(r.x+at.x, r.y+at.y)
}
