package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// wheelLines is how many lines one notch of the wheel scrolls.
const wheelLines = 3

// clickable is a dialog with lines that a click can choose, in a cell of its text.
type clickable interface {
	clicked(m *Model, at point) tea.Cmd
}

// mouse handles clicks and the wheel. Dialogs are answered by keys only: a stray
// click must not delete anything. The wheel scrolls them, and a click chooses a
// line of a list.
func (m *Model) mouse(msg tea.MouseMsg) tea.Cmd {
	if m.tooSmall() {
		return nil
	}
	m.restore.movedOn()
	if len(m.dialogs) > 0 {
		m.wheelDialog(msg)
		return m.clickDialog(msg)
	}
	at := point{msg.Mouse().X, msg.Mouse().Y}
	r := m.areas()
	switch msg := msg.(type) {
	case tea.MouseClickMsg:
		switch {
		case msg.Button != tea.MouseLeft:
		case msg.Mod.Contains(tea.ModCtrl) && r.tree.holds(at):
			m.focusOn(m.tree)
			m.tree.markRow(m, at.y-r.tree.y)
		default:
			return m.click(at, r)
		}
	case tea.MouseWheelMsg:
		by := wheelLines
		if msg.Button == tea.MouseWheelUp {
			by = -wheelLines
		}
		m.wheel(at, r, by)
	}
	return nil
}

// click passes a click to the pane under the pointer, then gives it the focus.
func (m *Model) click(at point, r screenAreas) tea.Cmd {
	p, within := m.paneAt(at, r)
	if p == nil {
		return nil
	}
	cmd := p.click(m, within)
	if p != m.tree {
		p = m.right // which the editor covers
	}
	m.focusOn(p)
	return cmd
}

// wheel scrolls the pane under the pointer.
func (m *Model) wheel(at point, r screenAreas, by int) {
	if p, within := m.paneAt(at, r); p != nil {
		p.wheel(m, within, by)
	}
}

// paneAt returns the pane at a cell of the screen and the cell within the pane; nil
// between the panes.
func (m *Model) paneAt(at point, r screenAreas) (pane, point) {
	switch {
	case r.tree.holds(at):
		return m.tree, point{at.x - r.tree.x, at.y - r.tree.y}
	case r.right.holds(at):
		return m.beside(), point{at.x - r.right.x, at.y - r.right.y}
	}
	return nil, point{}
}

// wheelDialog scrolls the topmost dialog, if it scrolls.
func (m *Model) wheelDialog(msg tea.MouseMsg) {
	wheel, ok := msg.(tea.MouseWheelMsg)
	if !ok {
		return
	}
	a := keymap.CursorDown
	if wheel.Button == tea.MouseWheelUp {
		a = keymap.CursorUp
	}
	for range wheelLines {
		m.top().act(m, a) // moving returns no command
	}
}

// clickDialog chooses a line of the topmost dialog, if its lines can be chosen.
func (m *Model) clickDialog(msg tea.MouseMsg) tea.Cmd {
	click, ok := msg.(tea.MouseClickMsg)
	d, lists := m.top().(clickable)
	if at := (point{click.X, click.Y}); ok && lists && click.Button == tea.MouseLeft && m.dialogAt.holds(at) {
		return d.clicked(m, point{at.x - m.dialogAt.x, at.y - m.dialogAt.y})
	}
	return nil
}
