package tui

import (
	"path"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/format"
	"kvist/keymap"
	"kvist/tui/textarea"
	"kvist/tui/tree/match"
)

// draftEvery is how long after a change the text is kept as a draft.
const draftEvery = 400 * time.Millisecond

// editor is the inline editor, in place of the value pane.
type editor struct {
	edit    *edit
	area    *textarea.Area
	width   int
	dirty   bool // the text has changed since the last draft
	due     bool // the next draft is scheduled
	leaving bool // leaving was asked for once, with unsaved changes

	query *match.Query // the last find
	fault error        // why the text is not valid in its format, as of the last check

	compared int  // the version of the text that was compared
	differs  bool // it is not the value that editing began with
	passive
}

// newEditor returns an editor with a text.
func newEditor(e *edit, text []byte) *editor {
	ed := &editor{edit: e, area: textarea.New(string(text), firstCluster), compared: -1}
	ed.area.SetIndent(indentOf(e.key, e.kind))
	return ed
}

// indentOf returns the indentation for a value that has none yet; always is true
// for files that allow only one way.
func indentOf(key string, kind format.Format) (in textarea.Indent, always bool) {
	name := strings.ToLower(path.Base(key))
	switch path.Ext(name) {
	case ".tsv", ".go", ".mk", ".mak":
		return textarea.Indent{Tabs: true}, true
	}
	if kind == format.Empty {
		kind = format.Detect(key, []byte("x")) // the name decides
	}
	if kind == format.Text {
		return textarea.Indent{Tabs: true}, name == "makefile" || name == "gnumakefile"
	}
	return textarea.Indent{Blanks: 2}, false
}

func (e *editor) scope() keymap.Scope { return keymap.ScopeEditor }

// resize sets the size of the text.
func (e *editor) resize(w, h int) {
	e.width = w
	e.area.Resize(w-e.gutter(), h)
}

// gutter returns the width of the line numbers with a blank on each side.
func (e *editor) gutter() int { return max(2, len(itoa(e.area.Lines()))) + 2 }

// text returns the text.
func (e *editor) text() []byte { return e.area.Bytes() }

// touched reports whether the text differs from the value.
func (e *editor) touched() bool {
	if v := e.area.Version(); e.compared != v {
		e.compared, e.differs = v, !e.area.Is(e.edit.baseValue())
	}
	return e.differs
}

func (e *editor) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.EditorSave:
		return m.save(e.edit, e.text()), true
	case keymap.EditorLeave:
		return e.leave(m), true
	case keymap.EditorExternal:
		if e.edit.saving {
			m.notice.warn(m.now(), "wait until it is saved: "+cleanName(e.edit.key)+" is still being written")
			return nil, true
		}
		keep := m.keepTyped() // before another program gets the terminal
		m.editor = nil
		e.edit.outside, e.edit.fromInline = true, true
		return m.inOrder(keep, m.runEditor(e.edit, e.text())), true
	}
	if do, mine := editorOps[a]; mine {
		return do(e, m), true
	}
	op, mine := textOps[a]
	if !mine {
		return nil, false
	}
	return e.change(m, func() { e.area.Do(op) }), true
}

// typed takes keys and pastes.
func (e *editor) typed(m *Model, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return e.change(m, func() { e.area.Type(msg.Text) })
	case tea.PasteMsg:
		if why := e.whyNotPasted(msg.Content); why != "" {
			m.notice.warn(m.now(), "nothing was pasted: "+why)
			return nil
		}
		if doubled(msg.Content) {
			m.notice.warn(m.now(), "pasted with an empty line after each line; if you did not copy these, the terminal doubled each CR LF (tmux: use paste-buffer -r)")
		}
		return e.change(m, func() { e.area.Paste(msg.Content) })
	}
	return nil
}

// doubled reports whether each CR LF of a paste may have come as two CRs: terminals
// send a CR for an LF, and some do not drop the CR before it.
func doubled(paste string) bool {
	return strings.Count(paste, "\r") > 2 && !strings.Contains(paste, "\n") &&
		!strings.Contains(strings.ReplaceAll(paste, "\r\r", ""), "\r")
}

// whyNotPasted says why a paste is refused: the editor could not open the result.
func (e *editor) whyNotPasted(paste string) string {
	if why := format.NotText([]byte(paste)); why != "" {
		return why
	}
	return format.TooLarge(e.area.Len() + len(paste))
}

// change edits the text and schedules a draft.
func (e *editor) change(m *Model, do func()) tea.Cmd {
	before := e.area.Version()
	do()
	e.leaving = false
	if e.area.Version() == before {
		return nil
	}
	e.area.Resize(e.width-e.gutter(), e.area.Height())
	e.dirty = true
	if e.due {
		return nil
	}
	e.due = true
	return m.after(draftEvery, draftDue{e})
}

// draftDue says that it is time to keep a draft.
type draftDue struct{ editor *editor }

func (r draftDue) apply(m *Model) tea.Cmd {
	e := r.editor
	e.due = false
	if m.editor != e || !e.dirty {
		return nil
	}
	e.dirty = false
	text := e.text()
	return tea.Batch(m.keepDraft(e.edit, text), e.check(text))
}

// leave gives up the selection, or else closes the editor if nothing would be lost,
// or when asked twice. Many hands
// end typing with esc, and the next letters would be commands.
func (e *editor) leave(m *Model) tea.Cmd {
	if e.area.Unmark() {
		return nil
	}
	if e.touched() && !e.leaving {
		e.leaving = true
		m.notice.warn(m.now(), "not saved yet: "+m.keyFor(keymap.ScopeEditor, keymap.EditorSave)+" saves, "+
			m.keyFor(keymap.ScopeEditor, keymap.EditorLeave)+" once more leaves and keeps a draft")
		return nil
	}
	return m.leaveEditor()
}

// leaveEditor closes the editor and keeps a draft of what was typed.
func (m *Model) leaveEditor() tea.Cmd {
	e := m.editor
	if e.edit.saving {
		e.edit.leftText = append([]byte{}, e.text()...)
	}
	m.endEdit(e.edit)
	if !e.touched() {
		return m.dropDraft(e.edit.key)
	}
	m.notice.say(m.now(), "not saved; the draft of "+cleanName(e.edit.key)+" is kept, "+
		m.keyFor(keymap.ScopeKey, keymap.ValueEdit)+" comes back to it")
	return m.keepDraft(e.edit, e.text())
}
