package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/textarea"
	"kvist/tui/tree"
)

// editorHead is how many lines stand above the text.
const editorHead = 2

// lay gives the text the lines that the head and a long message leave.
func (e *editor) lay(m *Model, w, h int) { e.resize(w, max(1, h-editorHead-m.covered())) }

// view returns the state of the key and the text below it.
func (e *editor) view(m *Model, w, _ int) []string {
	lines := []string{e.state(m, w), e.rule(m, w)}
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
		lines = append(lines, in.Paint(" "+number+" ")+text+blank(w-digits-2-row.Cells))
	}
	return lines
}

// covered returns how many lines of the panes a long message covers: the text's
// cursor must not be below it.
func (m *Model) covered() int { return max(0, len(m.bottomLines(m.width))-bottomRows) }

// rule returns the line above the text. It says what is wrong with the text, or
// what cannot be seen in it: how lines end, and that the last one does not.
func (e *editor) rule(m *Model, w int) string {
	if e.fault != nil {
		return m.look.warn.Paint(fit(" "+m.look.signs.Broken+" not valid "+clean(e.fault.Error()), w))
	}
	a := e.area
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

// title returns the key, and the place of the cursor in the text.
func (e *editor) title(*Model) paneTitle {
	line, column := e.area.Place()
	tail := fmt.Sprintf("  line %s/%s col %d", itoa(line), itoa(e.area.Lines()), column)
	if line > e.area.Lines() {
		tail = fmt.Sprintf("  past the last of %s", plural(e.area.Lines(), "line"))
	}
	if e.touched() {
		tail += " *"
	}
	return paneTitle{what: "Edit", name: cleanName(e.edit.key), tail: tail}
}

// state says whether saving would meet a conflict, as far as is known.
func (e *editor) state(m *Model, w int) string {
	save := m.keyFor(keymap.ScopeEditor, keymap.EditorSave)
	switch {
	case e.edit.saving:
		return m.look.accent.Paint(fit(" saving…", w))
	case e.edit.seen != nil && e.edit.seen.Kind == kv.DeleteEvent:
		return m.look.warn.Paint(fit(" "+m.look.signs.Removed+" deleted by someone else: "+save+" to compare", w))
	case e.edit.seen != nil:
		said := " " + m.look.signs.Changed + " changed by someone else"
		if text := fmt.Sprintf("%s (%s): %s to compare", said, m.revision(e.edit.seen.Index), save); width(text) <= w {
			return m.look.warn.Paint(fit(text, w))
		}
		return m.look.warn.Paint(fit(said+": "+save+" to compare", w))
	case m.feed.state.OutOfContact():
		return m.look.danger.Paint(fit(" "+m.look.signs.Broken+" no contact: nothing can be saved just now", w))
	case e.edit.base == nil:
		return m.look.muted.Paint(fit(" new key: "+save+" creates it", w))
	case e.touched():
		return m.look.accent.Paint(fit(e.undoable(m, " modified", " (based on "+m.revision(e.edit.base.LastIndex)+")", w), w))
	default:
		return m.look.muted.Paint(fit(e.undoable(m, " editing", " "+m.revision(e.edit.base.LastIndex), w), w))
	}
}

// undoable adds to the state of a text that saving it cannot be undone, rather than what it is
// based on.
func (e *editor) undoable(m *Model, state, base string, w int) string {
	const never = " · cannot be undone once saved"
	switch {
	case m.ofSave(e.edit) == "":
		return state + base
	case width(state+base+never) <= w:
		return state + base + never
	}
	return state + never
}

// caret returns the cell where the next character goes.
func (e *editor) caret(*Model) (point, bool) {
	x, y := e.area.Cursor()
	return point{e.gutter() + x, editorHead + y}, true
}

// click moves the cursor. A click that only brings back the focus moves nothing.
func (e *editor) click(m *Model, at point) tea.Cmd {
	if m.focus != m.tree {
		e.area.Click(at.x-e.gutter(), at.y-editorHead)
	}
	return nil
}

// wheel moves the cursor, and the text with it.
func (e *editor) wheel(_ *Model, _ point, by int) {
	op := textarea.Down
	if by < 0 {
		op = textarea.Up
	}
	for range max(by, -by) {
		e.area.Do(op)
	}
}

func (e *editor) subject(m *Model) (tree.Row, bool) { return m.tree.row() }
