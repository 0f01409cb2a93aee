package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
	"kvist/tui/textarea"
)

// editorOps are the actions on the text that only the editor has.
var editorOps = map[keymap.Action]func(*editor, *Model) tea.Cmd{
	keymap.SelectLeft:         extend(textarea.Left),
	keymap.SelectRight:        extend(textarea.Right),
	keymap.SelectUp:           extend(textarea.Up),
	keymap.SelectDown:         extend(textarea.Down),
	keymap.SelectWordLeft:     extend(textarea.WordLeft),
	keymap.SelectWordRight:    extend(textarea.WordRight),
	keymap.SelectLineStart:    extend(textarea.LineStart),
	keymap.SelectLineEnd:      extend(textarea.LineEnd),
	keymap.SelectPageUp:       extend(textarea.PageUp),
	keymap.SelectPageDown:     extend(textarea.PageDown),
	keymap.EditorSelectAll:    func(e *editor, m *Model) tea.Cmd { return e.change(m, e.area.SelectAll) },
	keymap.EditorMark:         func(e *editor, m *Model) tea.Cmd { return e.change(m, e.area.Mark) },
	keymap.EditorCut:          (*editor).cut,
	keymap.EditorCopy:         (*editor).copy,
	keymap.EditorPaste:        (*editor).paste,
	keymap.EditorFind:         (*editor).askFind,
	keymap.EditorFindNext:     func(e *editor, m *Model) tea.Cmd { return e.findNext(m, true) },
	keymap.EditorFindPrevious: func(e *editor, m *Model) tea.Cmd { return e.findNext(m, false) },
	keymap.EditorGoTo:         (*editor).askLine,
}

// extend returns the action that moves the cursor and selects what it passes.
func extend(op textarea.Op) func(*editor, *Model) tea.Cmd {
	return func(e *editor, m *Model) tea.Cmd { return e.change(m, func() { e.area.Extend(op) }) }
}

// cut takes the selection, or else the line, out of the text.
func (e *editor) cut(m *Model) tea.Cmd {
	var text string
	changed := e.change(m, func() { text = e.area.Cut() })
	return tea.Batch(changed, m.takeCut(text))
}

// copy takes the selection, or else the line.
func (e *editor) copy(m *Model) tea.Cmd { return m.takeCut(e.area.Copy()) }

// takeCut keeps a text for paste and copies it to the clipboard.
func (m *Model) takeCut(text string) tea.Cmd {
	if text == "" {
		return nil
	}
	m.cut = text
	return m.copyOut(textSize(text), text, holdsControl(text, "\n\r\t"))
}

// textSize says how much a text is.
func textSize(text string) string {
	n := strings.Count(text, "\n")
	if n == 0 {
		return sized(int64(len(text)))
	}
	if !strings.HasSuffix(text, "\n") {
		n++
	}
	return plural(n, "line")
}

// paste puts in what was cut or copied last.
func (e *editor) paste(m *Model) tea.Cmd {
	if m.cut == "" {
		m.notice.warn(m.now(), "nothing was cut or copied here yet; your terminal's own paste works too")
		return nil
	}
	return e.typed(m, tea.PasteMsg{Content: m.cut})
}
