package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
	"kvist/tui/textarea"
)

// textOps are the actions that edit text.
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

// field is one line of text: in a prompt, or over a list.
type field struct {
	area  *textarea.Area
	fault string // why the last paste was not taken
}

func newField(text string) field {
	return field{area: textarea.NewField(text, firstCluster)}
}

// text returns what was typed.
func (f *field) text() string { return f.area.String() }

// act carries out an action on the text. It reports whether the text changed, and
// whether the action is one of these at all.
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

// typed takes a key or a paste and reports whether the text changed. It drops the
// end of a copied line. It refuses a paste of several lines, since it cannot know
// which one was meant.
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

// fixedPart cuts the fixed part before a text to half of w cells.
func fixedPart(fixed string, w int) string { return fitLeft(fixed, min(width(fixed), w/2)) }

// lay fits the text and the fixed part before it into w cells.
func (f *field) lay(fixed string, w int) { f.area.Resize(w-width(fixedPart(fixed, w)), 1) }

// view draws the text after the fixed part in w cells, and returns the cell of the
// cursor.
func (f *field) view(m *Model, fixed string, w int) (line string, cursor *point) {
	fixed = fixedPart(fixed, w)
	room := w - width(fixed)
	row := f.area.Field()
	x, _ := f.area.Cursor()
	return m.look.muted.Paint(fixed) + m.drawTyped(row, m.look.input) + blank(room-row.Cells), &point{width(fixed) + x, 0}
}

// drawTyped paints a row of text that is being typed.
func (m *Model) drawTyped(row textarea.Row, plain ink) string {
	var b strings.Builder
	for _, s := range row.Spans {
		in := plain
		switch s.Kind {
		case textarea.Sign:
			in = m.look.lineNumber
		case textarea.Escape:
			in = m.look.warn
		}
		if s.Selected {
			in = m.look.selected.In(in)
		}
		text := s.Text
		if s.Kind == textarea.Sign && m.opts.ASCII { // its sign, a dot, would become a hyphen
			text, in = strings.ReplaceAll(text, "·", " "), in.Underlined()
		}
		b.WriteString(in.Paint(text))
	}
	return b.String()
}
