package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
)

// editorHead is how many lines stand above the text.
const editorHead = 2

// drawEditor draws the editor: what is known of the key's state above, the
// text below.
func (m *Model) drawEditor(r rect) []string {
	e := m.editor
	lines := []string{m.editorState(r.w), m.look.border.Paint(strings.Repeat("╌", r.w))}
	for _, line := range strings.Split(e.area.View(), "\n") {
		lines = append(lines, fitStyled(line, r.w))
	}
	return lines
}

// editorState says whether saving would meet a conflict as far as is known.
func (m *Model) editorState(w int) string {
	e := m.editor.edit
	save := m.keyFor("editor", "editor.save")
	switch {
	case e.saving:
		return m.look.accent.Paint(fit(" saving…", w))
	case e.seen != nil && e.seen.Kind == kv.DeleteEvent:
		return m.look.warn.Paint(fit(" "+m.look.signs.Removed+" deleted underneath: "+save+" shows the conflict", w))
	case e.seen != nil:
		said := " " + m.look.signs.Changed + " changed underneath"
		if text := fmt.Sprintf("%s to index %d: %s shows the conflict", said, e.seen.Index, save); width(text) <= w {
			return m.look.warn.Paint(fit(text, w))
		}
		return m.look.warn.Paint(fit(said+": "+save+" shows the conflict", w))
	case m.feed.state.OutOfContact():
		return m.look.danger.Paint(fit(" "+m.look.signs.Broken+" no contact: nothing can be saved just now", w))
	case e.base == nil:
		return m.look.muted.Paint(fit(" a new key: "+save+" creates it", w))
	case m.editor.touched():
		return m.look.accent.Paint(fit(fmt.Sprintf(" edited, from index %d", e.base.LastIndex), w))
	default:
		return m.look.muted.Paint(fit(fmt.Sprintf(" as it was at index %d", e.base.LastIndex), w))
	}
}

// editorCursor is where the terminal's cursor stands in the editor.
func (m *Model) editorCursor(r rect) *tea.Cursor {
	if m.editor == nil || m.focus != valueFocus {
		return nil
	}
	c := m.editor.area.Cursor()
	if c == nil {
		return nil
	}
	c.X += r.x
	c.Y += r.y + editorHead
	return c
}
