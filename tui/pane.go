package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/changes"
	"kvist/keymap"
	"kvist/tui/tree"
)

// pane is a part of the screen that can have the focus: the tree, or what stands
// beside it.
type pane interface {
	surface
	// title returns the name of the pane and of what it shows.
	title(m *Model) paneTitle
	// lay fits the pane into w cells and h lines. It runs after every update, so that
	// act never depends on what has been drawn.
	lay(m *Model, w, h int)
	// view returns the pane's lines: at most h of them, each at most w cells wide.
	view(m *Model, w, h int) []string
	// click handles a click on a cell of the pane, before the pane gets the focus.
	click(m *Model, at point) tea.Cmd
	// caret returns the cell of the pane where the terminal's cursor stands while the
	// pane has the focus: where text is typed, or the beginning of the row under the
	// cursor, which may be blank. False when there is no row.
	caret(m *Model) (point, bool)
	// wheel scrolls the part of the pane under the pointer.
	wheel(m *Model, at point, by int)
	// subject returns the row of the tree that actions on a key act on; false when
	// the cursor is on no row.
	subject(m *Model) (tree.Row, bool)
	// show prepares the pane when an action asks for it. It gets the focus unless
	// show returns false.
	show(m *Model, by keymap.Action) (tea.Cmd, bool)
	// hint returns what the line of keys says of an action, usually h.Text; false
	// when the action belongs to the pane and can do nothing now.
	hint(m *Model, h keymap.Hint) (text string, offered bool)
	// follow runs after every update and reads what the cursor has moved to.
	follow(m *Model) tea.Cmd
	// reload runs when everything is listed again: what the pane has read is out of
	// date.
	reload()
	// wakes returns how long the pane stays true while nothing happens; 0 is for
	// ever.
	wakes(m *Model) time.Duration
}

// passive is embedded by panes whose content depends on nothing but what they hold
// already.
type passive struct{}

func (passive) show(*Model, keymap.Action) (tea.Cmd, bool)  { return nil, true }
func (passive) hint(_ *Model, h keymap.Hint) (string, bool) { return h.Text, true }
func (passive) reload()                                     {}
func (passive) follow(*Model) tea.Cmd                       { return nil }
func (passive) wakes(*Model) time.Duration                  { return 0 }

// wholePane is a pane that takes the whole width while it has the focus.
type wholePane interface{ whole() bool }

// paneEntry is a pane and the actions that ask for it.
type paneEntry struct {
	pane
	shownBy []keymap.Action
}

// newPanes returns all panes in the order of their numbers. A new pane is one more
// entry.
func newPanes(t *treePane, v *valuePane, log *changes.Log) []paneEntry {
	return []paneEntry{
		{t, []keymap.Action{keymap.Pane1}},
		{v, []keymap.Action{keymap.Pane2}},
		{&locksPane{}, []keymap.Action{keymap.Pane3, keymap.LocksOpen}},
		{newChangesPane(log), []keymap.Action{keymap.Pane4, keymap.ChangesOpen}},
		{&searchPane{}, []keymap.Action{keymap.Pane5, keymap.SearchOpen}},
		{&journalPane{}, []keymap.Action{keymap.Pane6, keymap.JournalOpen}},
		{&historyPane{}, []keymap.Action{keymap.Pane7, keymap.HistoryOpen}},
		{&comparePane{}, []keymap.Action{keymap.Pane8, keymap.CompareOpen}},
	}
}

// paneFor returns the pane that an action asks for; false when it asks for none.
func (m *Model) paneFor(a keymap.Action) (pane, bool) {
	for _, n := range m.panes {
		if slices.Contains(n.shownBy, a) {
			return n.pane, true
		}
	}
	return nil, false
}

// showPane gives the focus to a pane. Beside the tree it replaces the pane that
// stood there.
func (m *Model) showPane(p pane, by keymap.Action) tea.Cmd {
	if m.editor != nil && p != m.tree && p != m.value {
		m.notice.warn(m.now(), "the editor is open: save or leave it first")
		return nil
	}
	cmd, there := p.show(m, by)
	if there {
		m.focusOn(p)
	}
	return cmd
}

// focusOn gives a pane the focus, and puts it beside the tree unless it is the
// tree.
func (m *Model) focusOn(p pane) tea.Cmd {
	m.focus = p
	if p != m.tree {
		m.right = p
	}
	return nil
}

// nextPane goes from the tree to the pane beside it, and back.
func (m *Model) nextPane() tea.Cmd {
	if m.focus == m.tree {
		return m.focusOn(m.right)
	}
	return m.focusOn(m.tree)
}

// leavePane goes to the tree and shows the value beside it again.
func (m *Model) leavePane() tea.Cmd {
	m.right = m.value
	return m.focusOn(m.tree)
}
