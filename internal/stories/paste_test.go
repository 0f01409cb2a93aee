package stories

import (
	"fmt"
	"strings"
	"testing"
)

// Paste pastes text as a terminal in bracketed paste mode does.
func (x *terminal) Paste(text string) {
	x.Helper()
	x.Type("\x1b[200~" + text + "\x1b[201~")
}

// adds returns the program with an empty editor for a new key.
func (s *scene) adds(name string) *terminal {
	s.Helper()
	x := s.with("a")
	x.Press("a")
	x.Sees("Add a key")
	x.Type(name)
	x.Press("enter")
	x.Sees("new key:")
	return x
}

// Twelve thousand lines with tabs, CR LF, blanks at their ends and bytes that
// input parsers take for keys are saved byte for byte.
func TestAPasteIsSavedAsItWas(t *testing.T) {
	onEach(t, func(s *scene) {
		var b strings.Builder
		for i := range 12_000 {
			fmt.Fprintf(&b, "\tline %d\tof many  \r\n", i)
		}
		b.WriteString("é鍵\u202e\u200b\ufffd \x1b[31mred\x1b[m \x1b[A%! and the last has no end  ")
		x := s.adds("pasted")
		x.Paste(b.String())
		x.Sees("line 12001/12001", "lines end in CR LF", "no line end at the end", `\u202e\u200b`, `\x1b[31mred`)
		if strings.Contains(x.Stream(), "\u202e") {
			t.Error("what turns the direction of text was sent to the terminal")
		}
		x.Press("ctrl+s")
		x.Sees("saved " + s.key("pasted"))
		s.holds("pasted", b.String())
		x.Quit()
	})
}

// A CR, which terminals send for the end of a line, becomes one. In the middle
// of two hundred pasted lines one can type on at once, and undo it.
func TestTypingOnInTheMiddleOfAPaste(t *testing.T) {
	onEach(t, func(s *scene) {
		var lines []string
		for i := range 200 {
			lines = append(lines, fmt.Sprintf("    key%d: %d", i, i))
		}
		x := s.adds("typed.yaml")
		x.Paste(strings.Join(lines, "\r") + "\r")
		for range 101 {
			x.Press("up")
		}
		x.Sees("line 100/200")
		x.Press("end", "enter")
		x.Type("here: 1")
		x.Press("ctrl+w", "backspace", "enter", "tab")
		x.Type("deep: x")
		x.Sees("line 102/202")
		x.Press("ctrl+s")
		x.Sees("saved " + s.key("typed.yaml"))
		lines = append(lines[:100], append([]string{"    here:", "        deep: x"}, lines[100:]...)...)
		s.holds("typed.yaml", strings.Join(lines, "\n")+"\n")
		x.Quit()
	})
}

// A value that the editor would not open cannot be pasted either.
func TestAPasteThatIsNoTextIsRefused(t *testing.T) {
	s := onEtcd(t)
	x := s.adds("pasted")
	x.Paste("a\x00b")
	x.Sees("nothing was pasted: it holds NUL bytes")
	x.Paste("a\xff")
	x.Sees("nothing was pasted: it is not valid UTF-8")
	x.Type("kept")
	x.Press("ctrl+s")
	x.Sees("saved " + s.key("pasted"))
	s.holds("pasted", "kept")
}

// A paste has no limit of its own: if it is too large for the store, the save
// says so, and the text is still there.
func TestAPasteTooLargeForTheStore(t *testing.T) {
	at := placeOf("consul")
	s := newScene(t, at, at.Shared(t))
	x := s.adds("pasted")
	x.Paste(strings.Repeat("x", 600<<10))
	x.Sees("line 1/1 col 614401")
	x.Press("ctrl+s")
	x.Sees("What you typed is kept.", "value too large", "Edit "+s.key("pasted"))
	x.Press("ctrl+u")
	x.Type("small")
	x.Press("ctrl+s")
	x.Sees("saved " + s.key("pasted"))
	s.holds("pasted", "small")
}

// A name is pasted without the end of its line, and its invisible characters
// are shown. Several lines are refused.
func TestNamesArePasted(t *testing.T) {
	onEach(t, func(s *scene) {
		x := s.with("a")
		x.Press("/")
		x.Sees("Find a key")
		x.Paste("key \n")
		x.Sees("key·")
		x.Press("ctrl+u")
		x.Paste("k\u200be\ty")
		x.Sees(`k\u200be→`)
		if strings.Contains(x.Stream(), "\u200b") {
			t.Error("what has no width was sent to the terminal")
		}
		x.Press("esc")
		x.SeesNot("Find a key")
		x.Press("a")
		x.Sees("Add a key")
		x.Paste("two\rlines\r")
		x.Sees("Nothing was pasted")
		x.Paste("new/key\r")
		x.Sees("new/key")
		x.SeesNot("Nothing was pasted")
		x.Press("enter")
		x.Sees("new key:")
		x.Type("v")
		x.Press("ctrl+s")
		x.Sees("saved " + s.key("new/key"))
		s.holds("new/key", "v")
	})
}
