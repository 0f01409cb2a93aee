package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// result is what a command brings back. It applies itself, so that Update has one
// case for all results.
type result interface {
	apply(m *Model) tea.Cmd
}

// surface is something that gets keys: a pane or a dialog.
type surface interface {
	// act carries out an action of the surface; false when the action is not its
	// own and goes to the model.
	act(m *Model, a keymap.Action) (tea.Cmd, bool)
	// scope returns the surface's scope in the keymap.
	scope() keymap.Scope
}

// typist is a surface that takes text: keys without an action, and pastes.
type typist interface {
	typed(m *Model, msg tea.Msg) tea.Cmd
}

// choosyTypist is a typist that ignores text at times.
type choosyTypist interface {
	typist
	takesText(m *Model) bool
}

// dialog is a surface over the panes. Method calls open and close it, never a
// command: the next key press has to find it.
type dialog interface {
	surface
	// lay fits the dialog into w cells and h lines. It runs after every update, so
	// that act never depends on what has been drawn.
	lay(m *Model, w, h int)
	// view returns the dialog's inner lines: at most h of them, each at most w
	// cells wide.
	view(m *Model, w, h int) dialogView
}

// unscrolled is embedded by dialogs that always show all their lines.
type unscrolled struct{}

func (unscrolled) lay(*Model, int, int) {}

// dialogView is what is drawn of a dialog.
type dialogView struct {
	title  string
	lines  []string
	wanted int // the inner width; 0 is as wide as the lines
	cursor *point
	onRow  bool // the cursor is on a row of a list, not in text
	danger bool
	unread bool // part of the question has not been in sight yet
}

// point is a cell of the screen or of a pane, counted from the top left.
type point struct{ x, y int }
