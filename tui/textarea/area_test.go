package textarea

import (
	"strings"
	"testing"
)

// at returns an area with the text and its cursor at |.
func at(text string, width, height int) *Area {
	before, after, _ := strings.Cut(text, "|")
	a := New(before+after, nil)
	a.Resize(width, height)
	a.goTo(Pos{}.behind(before))
	return a
}

// marked returns an area's text with | at the cursor.
func marked(a *Area) string {
	return a.doc.between(Pos{}, a.cursor) + "|" + a.doc.between(a.cursor, a.doc.last())
}

// drawn returns the rows in sight.
func drawn(a *Area) []string {
	var out []string
	for _, row := range a.Rows() {
		text := ""
		for _, s := range row.Spans {
			text += s.Text
		}
		out = append(out, text)
	}
	return out
}

func TestOperations(t *testing.T) {
	for _, c := range []struct {
		name, before string
		op           Op
		want         string
	}{
		{"left over a line's end", "a\n|b", Left, "a|\nb"},
		{"left over CR LF", "a\r\n|b", Left, "a|\r\nb"},
		{"right over CR LF", "a|\r\nb", Right, "a\r\n|b"},
		{"right over an accent", "|e\u0301x", Right, "e\u0301|x"},
		{"left over an accent", "e\u0301|x", Left, "|e\u0301x"},
		{"right over what is invisible", "|\u200bx", Right, "\u200b|x"},
		{"right over a byte", "|\xff\xfe", Right, "\xff|\xfe"},
		{"a word on", "|one two", WordRight, "one| two"},
		{"a word on, from its end", "one| two", WordRight, "one two|"},
		{"a word on, at the line's end", "one|\ntwo", WordRight, "one\n|two"},
		{"a word back", "one/two|", WordLeft, "one/|two"},
		{"a word back, at the line's start", "one\n|two", WordLeft, "one|\ntwo"},
		{"to the text of a line", "  two| words", LineStart, "  |two words"},
		{"and on to its start", "  |two words", LineStart, "|  two words"},
		{"to the end of a line", "o|ne\ntwo", LineEnd, "one|\ntwo"},
		{"to the top", "one\nt|wo", Top, "|one\ntwo"},
		{"to the bottom", "o|ne\ntwo\n", Bottom, "one\ntwo\n|"},
		{"up", "one\ntw|o", Up, "on|e\ntwo"},
		{"down past the last end", "one|\n", Down, "one\n|"},
		{"down stays at the end", "one|", Down, "one|"},
		{"an end as the text has it", "a\r\nb|", Newline, "a\r\nb\r\n|"},
		{"an end, indented", "  - a|", Newline, "  - a\n  |"},
		{"an end within the indentation", " | a", Newline, " \n | a"},
		{"an end, indented by tabs", "all:\n\tgo|\n", Newline, "all:\n\tgo\n\t|\n"},
		{"a tab among tabs", "a\tb\n|", Tab, "a\tb\n\t|"},
		{"blanks among blanks", "a:\n  b: 1\n|", Tab, "a:\n  b: 1\n  |"},
		{"blanks to the next stop", "a:\n    b: 1\n  |", Tab, "a:\n    b: 1\n    |"},
		{"a step less", "a:\n    b|\n", Outdent, "a:\nb|\n"},
		{"a step less of two", "  a\n    b|\n", Outdent, "  a\n  b|\n"},
		{"a tab less", "\t\ta|", Outdent, "\ta|"},
		{"erase back", "ab|c", EraseBack, "a|c"},
		{"erase a line's end", "a\r\n|b", EraseBack, "a|b"},
		{"erase on", "a|bc", EraseOn, "a|c"},
		{"erase the last end", "a|\n", EraseOn, "a|"},
		{"erase a word back", "one two|", EraseWordBack, "one |"},
		{"erase a word on", "|one two", EraseWordOn, "| two"},
		{"erase to the start", "one two| x", EraseToStart, "| x"},
		{"erase to the end", "one| two\nx", EraseToEnd, "one|\nx"},
		{"join the next line", "one|\ntwo", EraseToEnd, "one|two"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := at(c.before, 80, 10)
			a.Do(c.op)
			if got := marked(a); got != c.want {
				t.Errorf("it is %q, want %q", got, c.want)
			}
		})
	}
}

// A paste stays as it is; only a CR alone, which terminals send for a line end,
// becomes one.
func TestPaste(t *testing.T) {
	for _, c := range []struct{ name, before, paste, want string }{
		{"tabs and CR LF", "|", "a\tb\r\n\tc\r\n", "a\tb\r\n\tc\r\n|"},
		{"what a terminal makes of LF", "|", "a\rb\r", "a\nb\n|"},
		{"the same, among CR LF", "x\r\n|", "a\rb", "x\r\na\r\nb|"},
		{"blanks at ends", "|", "a  \n  \n", "a  \n  \n|"},
		{"what cannot be seen", "|", "a\u202e\u200b\u2066b", "a\u202e\u200b\u2066b|"},
		{"indented text", "  |", "  a\n    b", "    a\n    b|"},
	} {
		a := at(c.before, 80, 10)
		a.Paste(c.paste)
		if got := marked(a); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		a.Do(Undo)
		if got := marked(a); got != c.before {
			t.Errorf("%s, undone: %q, want %q", c.name, got, c.before)
		}
	}
}

// Undo undoes a word at a time, and a move between starts a new step.
func TestUndoGoesByWords(t *testing.T) {
	a := at("|", 80, 10)
	for _, r := range "one two" {
		a.Type(string(r))
	}
	for range 3 {
		a.Do(EraseBack)
	}
	var seen []string
	for a.Do(Undo) {
		seen = append(seen, a.String())
	}
	if got := strings.Join(seen, ","); got != "one two,one ," {
		t.Errorf("it went back by %q", got)
	}
	for a.Do(Redo) {
	}
	if a.String() != "one " || a.Do(Redo) {
		t.Errorf("done again it is %q", a.String())
	}
	a.Do(Undo)
	a.Type("!")
	if a.Do(Redo) {
		t.Error("what was undone came back behind something new")
	}
}

// Invisible characters are drawn as signs or escapes, and never sent as they are.
func TestDrawing(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"tabs at their stops", "a\tb\tc\n\tx", []string{"a→  b→  c", "→   x"}},
		{"blanks at the end of a line", "a b  \n   ", []string{"a b··", "···"}},
		{"a last end is no line", "a\n", []string{"a", ""}},
		{"nothing", "", []string{""}},
		{"hostile text", "\u202e\u200b\x1b[m\x00\xff\r.", []string{`\u202e`, `\u200b\x1b`, `[m\x00\xff`, `\r.`}},
		{"a mark without a letter", "\u0301x", []string{`\u0301x`}},
		{"a long line", "0123456789abcdef", []string{"0123456789", "abcdef"}},
		{"wide letters do not stand in two rows", "012345678鍵x", []string{"012345678", "鍵x"}},
		{"ends of both kinds", "a\r\nb\n", []string{`a\r`, "b", ""}},
		{"ends of one kind", "a\r\nb\r\n", []string{"a", "b", ""}},
		{"two hundred marks", "e" + strings.Repeat("\u0301", 10), []string{"e" + strings.Repeat("\u0301", 8) + `\u0301`, `\u0301`}},
	} {
		a := New(c.text, nil)
		a.Resize(11, 10)
		if got := drawn(a); strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// The place after the last line end does not count as a line.
func TestLines(t *testing.T) {
	for text, want := range map[string]int{"": 1, "a": 1, "a\n": 1, "a\nb": 2, "\n\n": 2} {
		a := New(text, nil)
		if a.Lines() != want {
			t.Errorf("%q has %d lines, want %d", text, a.Lines(), want)
		}
		rows := a.Rows()
		if last := rows[len(rows)-1]; last.Empty != strings.HasSuffix(text, "\n") {
			t.Errorf("%q: the last row counts as empty: %v", text, last.Empty)
		}
		if a.Ended() != (text == "" || strings.HasSuffix(text, "\n")) {
			t.Errorf("%q ends: %v", text, a.Ended())
		}
	}
}

// The cursor goes through a line of several rows by rows, and keeps its cell.
func TestUpAndDownGoByRows(t *testing.T) {
	a := at("abcdefg|hij\nx\n鍵鍵鍵鍵\n", 6, 3)
	for _, want := range []string{"abcdefghij\nx|\n鍵鍵鍵鍵\n", "abcdefghij\nx\n鍵|鍵鍵鍵\n", "abcdefghij\nx\n鍵鍵鍵|鍵\n"} {
		a.Do(Down)
		if got := marked(a); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if x, y := a.Cursor(); x != 2 || y != 2 {
		t.Errorf("the cursor is at %d, %d", x, y)
	}
}

func TestPlaceAndClick(t *testing.T) {
	a := at("ab\tc\ne\u0301x|y\n", 20, 5)
	if line, column := a.Place(); line != 2 || column != 3 {
		t.Errorf("line %d, column %d", line, column)
	}
	for _, c := range []struct {
		x, y int
		want string
	}{
		{2, 0, "ab|\tc\ne\u0301xy\n"},
		{3, 0, "ab|\tc\ne\u0301xy\n"},
		{4, 0, "ab\t|c\ne\u0301xy\n"},
		{19, 1, "ab\tc\ne\u0301xy|\n"},
		{0, 4, "ab\tc\ne\u0301xy\n|"},
		{-3, 0, "|ab\tc\ne\u0301xy\n"},
	} {
		a.Click(c.x, c.y)
		if got := marked(a); got != c.want {
			t.Errorf("a click at %d, %d: %q, want %q", c.x, c.y, got, c.want)
		}
	}
}

// A field shows blanks at both ends, and other invisible characters.
func TestFieldShowsWhatIsNotSeen(t *testing.T) {
	for text, want := range map[string]string{
		" a b ": "·a b·", "a\u200b": `a\u200b`, "a\tb": "a→  b", "  ": "··", "a/very/long/name/of/a/key": "g/name/of/a/key",
	} {
		a := NewField(text, nil)
		a.Resize(16, 1)
		got := ""
		for _, s := range a.Field().Spans {
			got += s.Text
		}
		if got != want {
			t.Errorf("%q is drawn as %q, want %q", text, got, want)
		}
	}
}

// An area that becomes wider or higher leaves no row empty while there is text
// above the first one in sight.
func TestAWiderAreaIsFull(t *testing.T) {
	a := New(strings.Repeat("012345678", 111)+"\nlast", nil)
	a.Resize(10, 5)
	a.Do(Bottom)
	for _, size := range [][2]int{{20, 5}, {100, 5}, {100, 8}, {400, 8}, {10, 5}} {
		a.Resize(size[0], size[1])
		want := min(size[1], 999/size[0]+2)
		if rows := a.Rows(); len(rows) != want {
			t.Errorf("%v: %d rows are in sight, not %d", size, len(rows), want)
		}
	}
}
