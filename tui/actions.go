package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// act carries out an action that is not the top surface's own.
func (m *Model) act(a keymap.Action) tea.Cmd {
	if p, ok := m.paneFor(a); ok {
		return m.showPane(p, a)
	}
	if do, ok := actions()[a]; ok {
		return do(m)
	}
	return nil
}

// actions are the methods that concern more than one surface, by the action
// that asks for them.
func actions() map[keymap.Action]func(*Model) tea.Cmd {
	return map[keymap.Action]func(*Model) tea.Cmd{
		keymap.AppQuit:           (*Model).quit,
		keymap.AppSuspend:        (*Model).suspend,
		keymap.AppHelp:           (*Model).openHelp,
		keymap.AppPalette:        (*Model).openPalette,
		keymap.AppTheme:          (*Model).openThemes,
		keymap.AppRefresh:        (*Model).refresh,
		keymap.PaneNext:          (*Model).nextPane,
		keymap.PanePrevious:      (*Model).nextPane,
		keymap.ValueEdit:         (*Model).editHere,
		keymap.ValueEditExternal: (*Model).editOutside,
		keymap.KeyAdd:            (*Model).addKey,
		keymap.DeleteKey:         (*Model).deleteKey,
		keymap.DeleteSubtree:     (*Model).deleteSubtree,
		keymap.CopyValue:         (*Model).copyValue,
		keymap.CopyKey:           (*Model).copyKey,
		keymap.FindOpen:          (*Model).startFind,
		keymap.FindNext:          func(m *Model) tea.Cmd { return m.nextMatch(true) },
		keymap.FindPrevious:      func(m *Model) tea.Cmd { return m.nextMatch(false) },
	}
}

// refresh reads everything again.
func (m *Model) refresh() tea.Cmd {
	m.value.shown = shown{}
	return tea.Batch(m.openFeed(), m.askHealth())
}

// copyKey puts the key's name where it can be pasted from.
func (m *Model) copyKey() tea.Cmd {
	row, ok := m.subject()
	if !ok {
		m.notice.warn(m.now(), "there is no key here to copy")
		return nil
	}
	return m.copyOut("the key "+cleanName(row.Key), row.Key, holdsControl(row.Key, ""))
}
