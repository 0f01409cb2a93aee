package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
	"kvist/tui/textarea"
)

// textOps are what an action does to a text that is being typed.
var textOps = map[keymap.Action]textarea.Op{
	keymap.TextLeft:          textarea.Left,
	keymap.TextRight:         textarea.Right,
	keymap.TextUp:            textarea.Up,
	keymap.TextDown:          textarea.Down,
	keymap.TextWordLeft:      textarea.WordLeft,
	keymap.TextWordRight:     textarea.WordRight,
	keymap.TextLineStart:     textarea.LineStart,
	keymap.TextLineEnd:       textarea.LineEnd,
	keymap.TextPageUp:        textarea.PageUp,
	keymap.TextPageDown:      textarea.PageDown,
	keymap.TextTop:           textarea.Top,
	keymap.TextBottom:        textarea.Bottom,
	keymap.TextEraseBack:     textarea.EraseBack,
	keymap.TextEraseOn:       textarea.EraseOn,
	keymap.TextEraseWordBack: textarea.EraseWordBack,
	keymap.TextEraseWordOn:   textarea.EraseWordOn,
	keymap.TextEraseToStart:  textarea.EraseToStart,
	keymap.TextEraseToEnd:    textarea.EraseToEnd,
	keymap.EditorUndo:        textarea.Undo,
	keymap.EditorRedo:        textarea.Redo,
	keymap.EditorNewline:     textarea.Newline,
	keymap.EditorIndent:      textarea.Tab,
	keymap.EditorOutdent:     textarea.Outdent,
}

// field is one line of text that is typed: in a prompt, or over a list.
type field struct {
	area  *textarea.Area
	fault string // why what was pasted last was not taken
}

func newField(text string) field {
	return field{area: textarea.NewField(text, firstCluster)}
}

// text is what was typed.
func (f *field) text() string { return f.area.String() }

// act does what an action asks of the text; mine is false when it is none of
// these, and changed when the text is another now.
func (f *field) act(a keymap.Action) (changed, mine bool) {
	op, mine := textOps[a]
	if !mine {
		return false, false
	}
	f.fault = ""
	before := f.area.Version()
	f.area.Do(op)
	return f.area.Version() != before, true
}

// typed takes what was typed or pasted, and reports whether the text is
// another now. A name is copied with the end of its line, which is no part of
// it; of several lines none is taken, as nobody could say which was meant.
func (f *field) typed(msg tea.Msg) (changed bool) {
	before := f.area.Version()
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		f.fault = ""
		f.area.Type(msg.Text)
	case tea.PasteMsg:
		text := strings.TrimRight(msg.Content, "\r\n")
		if f.fault = ""; strings.ContainsAny(text, "\r\n") {
			f.fault = "Nothing was pasted: it has several lines, and only one fits here."
			return false
		}
		f.area.Type(text)
	}
	return f.area.Version() != before
}

// fixedPart is as much of the fixed part before a text as has room in w cells.
func fixedPart(fixed string, w int) string { return fitLeft(fixed, min(width(fixed), w/2)) }

// lay fits the text and the fixed part before it into w cells.
func (f *field) lay(fixed string, w int) { f.area.Resize(w-width(fixedPart(fixed, w)), 1) }

// view draws the text in w cells behind a fixed part, and says in which cell
// the cursor stands.
func (f *field) view(m *Model, fixed string, w int) (line string, cursor *point) {
	fixed = fixedPart(fixed, w)
	room := w - width(fixed)
	row := f.area.Field()
	x, _ := f.area.Cursor()
	return m.look.muted.Paint(fixed) + m.drawTyped(row, m.look.input) + blank(room-row.Cells), &point{width(fixed) + x, 0}
}

// drawTyped paints a row of a text that is being typed.
func (m *Model) drawTyped(row textarea.Row, plain ink) string {
	var b strings.Builder
	for _, s := range row.Spans {
		switch s.Kind {
		case textarea.Sign:
			b.WriteString(m.look.lineNumber.Paint(s.Text))
		case textarea.Escape:
			b.WriteString(m.look.warn.Paint(s.Text))
		default:
			b.WriteString(plain.Paint(s.Text))
		}
	}
	return b.String()
}
