package tui

import (
	"maps"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// act carries out an action that the topmost surface does not handle.
func (m *Model) act(a keymap.Action) tea.Cmd {
	if p, ok := m.paneFor(a); ok {
		return m.showPane(p, a)
	}
	if c, ok := m.commands[a]; ok {
		return c.do(m)
	}
	return nil
}

// command is an action that concerns more than one surface.
type command struct {
	do func(*Model) tea.Cmd
	// can reports whether the action can do something now and is offered; nil means
	// always. Pressed all the same, the action says why it cannot.
	can func(*Model) bool
	// lacks says what is missing then.
	lacks string
}

// newCommands returns the commands by their actions. The model makes them once: a
// package variable would refer to itself.
func newCommands() map[keymap.Action]command {
	all := storeCommands()
	maps.Copy(all, programCommands())
	return all
}

// programCommands returns the commands that need no open store.
func programCommands() map[keymap.Action]command {
	return map[keymap.Action]command{
		keymap.AppQuit:     {do: (*Model).quit},
		keymap.AppSuspend:  {do: (*Model).suspend},
		keymap.AppHelp:     {do: (*Model).openHelp},
		keymap.AppPalette:  {do: (*Model).openPalette},
		keymap.AppTheme:    {do: (*Model).openThemes},
		keymap.TabOpen:     {(*Model).openProfiles, (*Model).canOpen, "no other store can be opened here"},
		keymap.TabNext:     {turnTab(1), (*Model).inTabs, "no other tab is open"},
		keymap.TabPrevious: {turnTab(-1), (*Model).inTabs, "no other tab is open"},
		keymap.TabClose:    {(*Model).closeTab, (*Model).inTabs, "no other tab is open"},
	}
}

// storeCommands returns the commands about an open store.
func storeCommands() map[keymap.Action]command {
	return map[keymap.Action]command{
		keymap.AppRefresh:        {do: (*Model).refresh},
		keymap.PaneNext:          {do: (*Model).nextPane},
		keymap.PanePrevious:      {do: (*Model).nextPane}, // there are two panes on the screen
		keymap.ValueEdit:         {(*Model).editHere, (*Model).canEdit, "no value under the cursor"},
		keymap.ValueEditExternal: {(*Model).editOutside, (*Model).canEdit, "no value under the cursor"},
		keymap.KeyAdd:            {(*Model).addKey, (*Model).canAdd, ""},
		keymap.DeleteKey:         {(*Model).deleteKey, (*Model).canDeleteKey, "no key under the cursor"},
		keymap.DeleteSubtree:     {(*Model).deleteSubtree, (*Model).canDelete, "nothing under the cursor"},
		keymap.MarkMatches:       {(*Model).markMatches, func(m *Model) bool { return m.finder.on }, "no filter is on"},
		keymap.TransferCopy:      {transfers{}.ask, transfers{}.can, "nothing under the cursor"},
		keymap.TransferMove:      {transfers{move: true}.ask, transfers{move: true}.can, "nothing under the cursor"},
		keymap.TransferRename:    {transfers{move: true, rename: true}.ask, transfers{move: true}.can, "nothing under the cursor"},
		keymap.TransferExport:    {(*Model).askExport, (*Model).canExport, "nothing under the cursor"},
		keymap.UndoLast:          {(*Model).undoLast, (*Model).canUndo, "nothing is recorded"},
		keymap.ValueReveal:       {(*Model).reveal, (*Model).canReveal, "no masked value under the cursor"},
		keymap.CopyValue:         {(*Model).copyValue, (*Model).onRow, "nothing under the cursor"},
		keymap.CopyKey:           {(*Model).copyKey, (*Model).onRow, "nothing under the cursor"},
		keymap.PastTravel:        {(*Model).askTravel, (*Model).canTravel, "the store keeps no former states"},
		keymap.PastPrevious:      {func(m *Model) tea.Cmd { return m.step(false) }, (*Model).canTravel, "the store keeps no former states"},
		keymap.PastNext:          {func(m *Model) tea.Cmd { return m.step(true) }, (*Model).canTravel, "the store keeps no former states"},
		keymap.Bookmark:          {(*Model).bookmark, (*Model).onRow, "nothing under the cursor"},
		keymap.BookmarkList:      {(*Model).openBookmarks, func(m *Model) bool { return len(m.bookmarks) > 0 }, "no bookmark is set"},
		keymap.JumpBack:          {(*Model).goBack, func(m *Model) bool { return len(m.jumps.back) > 0 }, "the cursor has not jumped"},
		keymap.JumpOn:            {(*Model).goOn, func(m *Model) bool { return len(m.jumps.on) > 0 }, "the cursor has not gone back"},
		keymap.FindOpen:          {do: (*Model).startFind},
		keymap.FindNext:          {do: func(m *Model) tea.Cmd { return m.nextMatch(true) }},
		keymap.FindPrevious:      {do: func(m *Model) tea.Cmd { return m.nextMatch(false) }},
	}
}

// refresh lists everything again.
func (m *Model) refresh() tea.Cmd {
	for _, p := range m.panes {
		p.reload()
	}
	return tea.Batch(m.openFeed(), m.askHealth())
}
