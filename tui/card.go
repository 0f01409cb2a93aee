package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// A newcomer's first screen has a card with what to try first. It lies over the pane
// beside the tree, takes no key, and goes with the first one, which acts as it always
// does: nothing that is pressed is lost. No key needs to be held back for it. The row
// that a key acts on stays in sight, and all that removes or overwrites shows a plan
// first.

// cardLine is a line of the card: keys, and what they do.
type cardLine struct {
	keys []string
	text string
}

// cardLines are the lines of the card, with the keys as they are bound.
func (m *Model) cardLines() []cardLine {
	return []cardLine{
		{[]string{m.keyFor(keymap.ScopeMove, keymap.CursorDown), m.keyFor(keymap.ScopeMove, keymap.CursorUp), m.keyFor(keymap.ScopeTree, keymap.TreeOpen)}, "move, open a folder"},
		{[]string{m.keyFor(keymap.ScopeTree, keymap.FindOpen)}, "find keys as you type"},
		{[]string{m.keyFor(keymap.ScopeKey, keymap.ValueEdit), m.keyFor(keymap.ScopeEditor, keymap.EditorSave)}, "edit a value, save it"},
		{[]string{m.keyFor(keymap.ScopeKey, keymap.DeleteSubtree), m.keyFor(keymap.ScopeGlobal, keymap.UndoLast)}, "delete a folder, take it back"},
		{[]string{m.keyFor(keymap.ScopeGlobal, keymap.ChangesOpen), m.keyFor(keymap.ScopeGlobal, keymap.LocksOpen), m.keyFor(keymap.ScopeGlobal, keymap.AppHelp), m.keyFor(keymap.ScopeGlobal, keymap.AppQuit)}, "changes, locks, every key, quit"},
	}
}

// dropCard removes the card when the user does something.
func (m *Model) dropCard(msg tea.Msg) {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg, tea.MouseClickMsg, tea.MouseWheelMsg:
		m.card = false
	}
}

// drawCard draws the card over the lower part of a frame, on the right.
func (m *Model) drawCard(frame string, at rect) string {
	keys, v := 0, dialogView{title: "A cluster to play with"}
	all := m.cardLines()
	for _, l := range all {
		keys = max(keys, width(strings.Join(l.keys, " ")))
	}
	inner := width(v.title) + 1
	for _, l := range all {
		line := m.look.helpKey.Paint(fit(strings.Join(l.keys, " "), keys)) + "  " + m.look.text.Paint(l.text)
		v.lines = append(v.lines, line)
		inner = max(inner, keys+2+width(l.text))
	}
	inner = min(inner, m.width-dialogMargin)
	box := m.box(v, inner)
	x := max(0, at.x+(at.w-inner-dialogMargin)/2)
	return lay(frame, box, x, max(1, m.height-bottomRows-len(box)))
}
