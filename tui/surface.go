package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// result is what a command brings back. It applies itself, so that Update
// has one case for all of them.
type result interface {
	apply(m *Model) tea.Cmd
}

// surface is what keys can be meant for: a pane or a dialog.
type surface interface {
	// act carries out an action that concerns the surface itself; false
	// when the action is not its own and belongs to the model.
	act(m *Model, a keymap.Action) (tea.Cmd, bool)
	// scope names the surface to the keymap.
	scope() keymap.Scope
}

// typist is a surface that takes text: keys without an action, and pastes.
type typist interface {
	typed(m *Model, msg tea.Msg) tea.Cmd
}

// dialog is a surface that lies over the panes. It is opened and closed by
// method calls, never through a command: the next key press must find it.
type dialog interface {
	surface
	// lay fits the dialog into w cells and h lines. It runs after every update, so
	// that act never depends on what has been drawn.
	lay(m *Model, w, h int)
	// view is the dialog's inner lines, each at most w cells wide and at
	// most h of them.
	view(m *Model, w, h int) dialogView
}

// unscrolled is embedded by dialogs that always show all of themselves.
type unscrolled struct{}

func (unscrolled) lay(*Model, int, int) {}

// dialogView is a dialog as it is drawn.
type dialogView struct {
	title  string
	lines  []string
	wanted int // the inner width it would like; 0 for as wide as its lines
	cursor *point
	danger bool
	unread bool // a part of what it asks has not been in sight yet
}

// point is a place on the screen or in a pane, in cells from its top left.
type point struct{ x, y int }
