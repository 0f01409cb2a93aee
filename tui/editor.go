package tui

import (
	"time"

	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// draftEvery is how long typing pauses before what was typed is kept.
const draftEvery = 400 * time.Millisecond

// editor is the inline editor: a text area over the value pane.
type editor struct {
	edit  *edit
	area  textarea.Model
	width int
	dirty bool // something was typed since the last draft
	due   bool // a draft is about to be kept
}

// newEditor opens text in an editor.
func newEditor(m *Model, e *edit, text []byte) *editor {
	area := textarea.New()
	area.Prompt = ""
	area.CharLimit = 0
	area.MaxHeight = 0
	area.ShowLineNumbers = true
	area.SetVirtualCursor(false)
	area.SetStyles(m.look.textArea())
	area.SetValue(string(text))
	area.MoveToBegin()
	return &editor{edit: e, area: area}
}

func (e *editor) scope() keymap.Scope { return keymap.ScopeEditor }

// resize gives the text so much room.
func (e *editor) resize(w, h int) {
	e.width, e.area.MaxHeight = w, 0
	e.area.SetHeight(h)
	e.number()
}

// number makes the column of line numbers as wide as the last one: the text
// area takes its width from MaxHeight, the most lines that there may be.
func (e *editor) number() {
	most := 99
	for most < e.area.LineCount() {
		most = most*10 + 9
	}
	e.area.MaxHeight = most
	e.area.SetWidth(e.width)
}

// text is what stands in the editor.
func (e *editor) text() []byte { return []byte(e.area.Value()) }

// touched tells whether there is anything to lose.
func (e *editor) touched() bool { return e.area.Value() != string(e.edit.baseValue()) }

func (e *editor) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.EditorSave:
		return m.save(e.edit, e.text()), true
	case keymap.EditorLeave:
		return m.leaveEditor(), true
	case keymap.EditorExternal:
		m.editor = nil
		e.edit.outside, e.edit.inline = true, true
		return m.runEditor(e.edit, e.text()), true
	}
	return nil, false
}

// typed gives keys and pastes to the text area, and keeps a draft soon after.
func (e *editor) typed(m *Model, msg tea.Msg) tea.Cmd {
	before := e.area.Value()
	var cmd tea.Cmd
	e.area.MaxHeight = 0 // whatever is pasted, nothing of it is dropped
	e.area, cmd = e.area.Update(msg)
	e.number()
	if e.area.Value() == before {
		return cmd
	}
	e.dirty = true
	if e.due {
		return cmd
	}
	e.due = true
	return tea.Batch(cmd, m.after(draftEvery, draftDue{e}))
}

// draftDue says that typing has gone on for a while.
type draftDue struct{ editor *editor }

func (r draftDue) apply(m *Model) tea.Cmd {
	e := r.editor
	e.due = false
	if m.editor != e || !e.dirty {
		return nil
	}
	e.dirty = false
	return m.keepDraft(e.edit, e.text())
}

// leaveEditor closes the editor. What was typed is kept as a draft.
func (m *Model) leaveEditor() tea.Cmd {
	e := m.editor
	m.endEdit(e.edit)
	if !e.touched() {
		return m.dropDraft(e.edit.key)
	}
	m.notice.say(m.now(), "left without saving; what you typed is kept as a draft of "+clean(e.edit.key))
	return m.keepDraft(e.edit, e.text())
}
