package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
	"kvist/tui/textarea"
)

// editorHead is how many lines stand above the text.
const editorHead = 2

// drawEditor draws the editor: what is known of the key's state above, the
// text below.
func (m *Model) drawEditor(r rect) []string {
	e := m.editor
	e.resize(r.w, max(1, r.h-editorHead-m.covered()))
	lines := []string{m.editorState(r.w), m.editorRule(r.w)}
	line, _ := e.area.Place()
	digits := e.gutter() - 2
	for _, row := range e.area.Rows() {
		number, in := blank(digits), m.look.lineNumber
		if row.First && !row.Empty {
			number = itoa(row.Line + 1)
			number = blank(digits-len(number)) + number
		}
		if row.Line+1 == line {
			in = m.look.accent
		}
		text := m.drawTyped(row, m.look.text)
		lines = append(lines, in.Paint(" "+number+" ")+text+blank(r.w-digits-2-row.Cells))
	}
	return lines
}

// covered is how many rows of the panes a long message takes: the cursor of a
// text must not stand behind it.
func (m *Model) covered() int { return max(0, len(m.bottomLines(m.width))-bottomRows) }

// editorRule is the line above the text. It tells what of the text cannot be
// seen in it: how its lines end, and that the last one does not.
func (m *Model) editorRule(w int) string {
	a := m.editor.area
	var facts []string
	switch {
	case a.Mixed():
		facts = append(facts, "CR LF and LF mixed")
	case a.End() == textarea.CRLF:
		facts = append(facts, "lines end in CR LF")
	}
	if !a.Ended() {
		facts = append(facts, "no line end at the end")
	}
	if len(facts) == 0 {
		return m.look.border.Paint(strings.Repeat("╌", w))
	}
	text := " " + strings.Join(facts, " · ") + " "
	text = fit(text, min(width(text), w-2))
	return m.look.border.Paint(strings.Repeat("╌", w-1-width(text))) + m.look.muted.Paint(text) + m.look.border.Paint("╌")
}

// editorTitle names what is edited, and where the cursor stands in it.
func (m *Model) editorTitle() title {
	e := m.editor
	line, column := e.area.Place()
	tail := fmt.Sprintf("  line %s/%s col %d", itoa(line), itoa(e.area.Lines()), column)
	if line > e.area.Lines() {
		tail = fmt.Sprintf("  past the last of %s", plural(e.area.Lines(), "line"))
	}
	if e.touched() {
		tail += " *"
	}
	return title{what: "Edit", name: cleanName(e.edit.key), tail: tail}
}

// editorState says whether saving would meet a conflict as far as is known.
func (m *Model) editorState(w int) string {
	e := m.editor.edit
	save := m.keyFor("editor", "editor.save")
	switch {
	case e.saving:
		return m.look.accent.Paint(fit(" saving…", w))
	case e.seen != nil && e.seen.Kind == kv.DeleteEvent:
		return m.look.warn.Paint(fit(" "+m.look.signs.Removed+" deleted by someone else: "+save+" to compare", w))
	case e.seen != nil:
		said := " " + m.look.signs.Changed + " changed by someone else"
		if text := fmt.Sprintf("%s (%s): %s to compare", said, m.revision(e.seen.Index), save); width(text) <= w {
			return m.look.warn.Paint(fit(text, w))
		}
		return m.look.warn.Paint(fit(said+": "+save+" to compare", w))
	case m.feed.state.OutOfContact():
		return m.look.danger.Paint(fit(" "+m.look.signs.Broken+" no contact: nothing can be saved just now", w))
	case e.base == nil:
		return m.look.muted.Paint(fit(" new key: "+save+" creates it", w))
	case m.editor.touched():
		return m.look.accent.Paint(fit(" modified (based on "+m.revision(e.base.LastIndex)+")", w))
	default:
		return m.look.muted.Paint(fit(" editing "+m.revision(e.base.LastIndex), w))
	}
}

// editorCursor is where the terminal's cursor stands in the editor.
func (m *Model) editorCursor(r rect) *tea.Cursor {
	if m.editor == nil || m.focus != valueFocus {
		return nil
	}
	x, y := m.editor.area.Cursor()
	return tea.NewCursor(r.x+m.editor.gutter()+x, r.y+editorHead+y)
}

// clickEditor puts the cursor where the editor was clicked.
func (m *Model) clickEditor(at point, r rect) {
	m.editor.area.Click(at.x-r.x-m.editor.gutter(), at.y-r.y-editorHead)
}
