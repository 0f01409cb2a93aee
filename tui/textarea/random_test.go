package textarea

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// model is the simplest text: bytes, and the place of the cursor.
type model struct {
	text   []byte
	cursor int
}

func (m *model) insert(s string) {
	m.text = []byte(string(m.text[:m.cursor]) + s + string(m.text[m.cursor:]))
	m.cursor += len(s)
}

// offset returns the place of an area's cursor in bytes.
func (a *Area) offset() int { return len(a.doc.between(Pos{}, a.cursor)) }

// fragments returns pieces of text that make trouble.
func fragments() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{
		"a", "word", " ", "\t", "\n", "\r\n", "\r", "\n\n", "é", "e\u0301", "\u0301", "鍵", "👍🏽", "\u202e", "\u200b",
		"\x00", "\x1b[31m", "\xff", "\ufffd", "  indented\n", strings.Repeat("long ", 200), strings.Repeat("\u0301", 200),
	})
}

func texts() *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(fragments(), 0, 12), func(all []string) string { return strings.Join(all, "") })
}

// After any typing, pasting and erasing, the text equals a list of bytes that did
// the same, and undoing everything returns the first text.
func TestRandomOperations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		begin := texts().Draw(t, "text")
		a := New(begin, nil)
		a.Resize(rapid.IntRange(1, 40).Draw(t, "width"), rapid.IntRange(1, 10).Draw(t, "height"))
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			step(t, a)
			checkSight(t, a)
		}
		end := a.String()
		for a.Do(Undo) {
			checkSight(t, a)
		}
		if a.String() != begin {
			t.Fatalf("undone it is %q, not %q", a.String(), begin)
		}
		for a.Do(Redo) {
			checkSight(t, a)
		}
		if a.String() != end {
			t.Fatalf("done again it is %q, not %q", a.String(), end)
		}
	})
}

// step does something to an area and to the model, and compares them.
func step(t *rapid.T, a *Area) {
	m := model{a.Bytes(), a.offset()}
	switch rapid.IntRange(0, 4).Draw(t, "step") {
	case 0:
		s := fragments().Draw(t, "typed")
		a.Type(s)
		m.insert(s)
	case 1:
		s := strings.ReplaceAll(strings.ReplaceAll(texts().Draw(t, "pasted"), "\r\n", "\n"), "\r", "")
		a.Paste(s)
		m.insert(s)
	case 2: // erasing removes one piece, which begins or ends at the cursor
		op := Op(rapid.IntRange(int(EraseBack), int(EraseToEnd)).Draw(t, "erase"))
		a.Do(op)
		gone := len(m.text) - a.Len()
		if op == EraseBack || op == EraseWordBack || op == EraseToStart {
			m.cursor -= gone
		}
		if gone < 0 || m.cursor < 0 || m.cursor+gone > len(m.text) {
			t.Fatalf("%d bytes are gone", gone)
		}
		m.text = append(bytes.Clone(m.text[:m.cursor]), m.text[m.cursor+gone:]...)
	case 3:
		a.Do(Op(rapid.IntRange(int(Left), int(Bottom)).Draw(t, "move")))
		m.cursor = a.offset()
	case 4:
		if rapid.Bool().Draw(t, "undo") && a.Do(Undo) && !a.Do(Redo) {
			t.Fatal("what was undone cannot be done again")
		}
		m.cursor = a.offset()
	}
	if got := a.Bytes(); !bytes.Equal(got, m.text) {
		t.Fatalf("it is %q, not %q", got, m.text)
	}
	if !a.Is(m.text) || a.Is(append(bytes.Clone(m.text), 'x')) || a.Len() != len(m.text) {
		t.Fatalf("it is not told from another text, or has %d bytes", a.Len())
	}
	// A CR that comes before an LF joins it: a cursor between them is before both
	// then.
	if at := a.offset(); at != m.cursor && !(at == m.cursor-1 && m.text[at] == '\r') {
		t.Fatalf("the cursor is at %d, not %d", at, m.cursor)
	}
}

// checkSight fails when the cursor is not in sight or a row is too wide.
func checkSight(t *rapid.T, a *Area) {
	x, y := a.Cursor()
	rows := a.Rows()
	if y < 0 || y >= len(rows) || y >= a.height || x < 0 || x > a.width {
		t.Fatalf("the cursor is at %d, %d of %d rows, %d by %d", x, y, len(rows), a.width, a.height)
	}
	for _, row := range rows {
		cells := 0
		for _, s := range row.Spans {
			for _, r := range s.Text {
				if r < ' ' || r == 0x7f || r == '\u202e' || r == '\u200b' {
					t.Fatalf("%q is drawn", s.Text)
				}
			}
			for rest := s.Text; rest != ""; {
				cluster, n := graphemes(rest)
				rest, cells = rest[len(cluster):], cells+n
			}
		}
		if cells != row.Cells || cells > max(a.width, 2) {
			t.Fatalf("a row of %d cells, said to have %d, in %d: %+v", cells, row.Cells, a.width, row.Spans)
		}
	}
}

// A field is drawn with its cursor in sight, whatever it contains.
func TestRandomFields(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := NewField(texts().Draw(t, "text"), nil)
		a.Resize(rapid.IntRange(2, 30).Draw(t, "width"), 1)
		for range rapid.IntRange(0, 20).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "type") {
				a.Type(fragments().Draw(t, "typed"))
			} else {
				a.Do(rapid.SampledFrom([]Op{Left, Right, WordLeft, WordRight, LineStart, LineEnd, EraseBack, EraseWordBack, Undo, Redo}).Draw(t, "op"))
			}
			x, _ := a.Cursor()
			if row := a.Field(); x > a.width || x < 0 || row.Cells > max(a.width, 2) {
				t.Fatalf("the cursor is in cell %d, the row has %d of %d", x, row.Cells, a.width)
			}
		}
	})
}
