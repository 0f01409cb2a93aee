package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
	"kvist/tui/textarea"
)

// wheelLines is how far one notch of the wheel scrolls.
const wheelLines = 3

// clickable is a dialog with lines to choose from by a click.
type clickable interface {
	clicked(m *Model, line int) tea.Cmd
}

// mouse takes clicks and the wheel. Dialogs are answered by keys alone: a
// stray click must not delete anything. They do scroll, and lines of a list
// are chosen.
func (m *Model) mouse(msg tea.MouseMsg) tea.Cmd {
	if m.tooSmall() {
		return nil
	}
	if len(m.dialogs) > 0 {
		m.wheelDialog(msg)
		return m.clickDialog(msg)
	}
	at := point{msg.Mouse().X, msg.Mouse().Y}
	r := m.regions()
	switch msg := msg.(type) {
	case tea.MouseClickMsg:
		if msg.Button == tea.MouseLeft {
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

// click focuses a pane; on a row it puts the cursor there, and on the row
// under the cursor it opens or closes it.
func (m *Model) click(at point, r regions) tea.Cmd {
	switch {
	case r.tree.holds(at):
		row := m.tree.top + at.y - r.tree.y
		if row >= m.tree.tree.Len() {
			return m.focusOn(treeFocus)
		}
		again := row == m.tree.at && m.focus == treeFocus
		m.focusOn(treeFocus)
		m.tree.move(row)
		if under, ok := m.tree.row(); ok && again && under.IsFolder {
			m.tree.enter(m, under)
		}
	case r.right.holds(at) && m.editor == nil && m.right == locksFocus:
		m.locks.at = max(0, min(m.locks.top+at.y-r.right.y, len(m.locks.lines)-1))
		return m.focusOn(locksFocus)
	case r.right.holds(at) && m.changes.visible(m):
		m.changes.click(at.y - r.right.y)
		return m.focusOn(changesFocus)
	case r.right.holds(at) && m.editor == nil && m.right == searchFocus:
		m.search.at = m.search.hitAt(at.y - r.right.y)
		return m.focusOn(searchFocus)
	case r.right.holds(at) && m.editor != nil && m.focus == valueFocus:
		m.clickEditor(at, r.right)
	case r.right.holds(at):
		return m.focusOn(valueFocus)
	}
	return nil
}

// wheel scrolls what is under the pointer.
func (m *Model) wheel(at point, r regions, by int) {
	switch {
	case r.tree.holds(at):
		m.tree.scroll(by)
	case r.right.holds(at) && m.editor != nil:
		for range max(by, -by) {
			if by > 0 {
				m.editor.area.Do(textarea.Down)
			} else {
				m.editor.area.Do(textarea.Up)
			}
		}
	case r.right.holds(at) && m.right == locksFocus:
		p := m.locks
		p.at = max(0, min(p.at+by, len(p.lines)-1))
	case r.right.holds(at) && m.changes.visible(m):
		m.changes.wheel(at.y-r.right.y, by)
	case r.right.holds(at) && m.right == searchFocus:
		p := m.search
		p.at = max(0, min(p.at+by, len(p.hits)-1))
	case r.right.holds(at):
		p := m.value
		p.top = max(0, min(p.top+by, p.layout.count()-p.height))
	}
}

// wheelDialog scrolls the dialog on top, if it is one that scrolls.
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
		m.top().act(m, a) // moving needs no command
	}
}

// clickDialog chooses a line of the dialog on top, if it is one to choose from.
func (m *Model) clickDialog(msg tea.MouseMsg) tea.Cmd {
	click, ok := msg.(tea.MouseClickMsg)
	d, lists := m.top().(clickable)
	if at := (point{click.X, click.Y}); ok && lists && click.Button == tea.MouseLeft && m.dialogAt.holds(at) {
		return d.clicked(m, at.y-m.dialogAt.y)
	}
	return nil
}
