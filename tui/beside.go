package tui

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
