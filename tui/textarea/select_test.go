package textarea

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A selection is replaced by what is typed or pasted, and removed by erasing; undo
// brings it back.
func TestSelecting(t *testing.T) {
	for name, c := range map[string]struct {
		before string
		do     func(a *Area)
		want   string
	}{
		"typed over":            {"a |one b", func(a *Area) { a.Extend(WordRight); a.Type("x") }, "a x| b"},
		"pasted over":           {"a one| b", func(a *Area) { a.Extend(WordLeft); a.Paste("x\ny") }, "a x\ny| b"},
		"erased":                {"a |one\nb", func(a *Area) { a.Extend(Down); a.Do(EraseBack) }, "a |"},
		"a new line over":       {"  a|b", func(a *Area) { a.Extend(LineEnd); a.Do(Newline) }, "  a\n  |"},
		"given up by moving":    {"|one", func(a *Area) { a.Extend(Right); a.Do(Right); a.Type("x") }, "onx|e"},
		"marked and moved":      {"|one", func(a *Area) { a.Mark(); a.Do(Right); a.Do(Right); a.Type("x") }, "x|e"},
		"marked twice":          {"|one", func(a *Area) { a.Mark(); a.Do(Right); a.Mark(); a.Type("x") }, "ox|ne"},
		"all":                   {"on|e\ntwo\n", func(a *Area) { a.SelectAll(); a.Type("x") }, "x|"},
		"cut and pasted":        {"|one two", func(a *Area) { a.Extend(WordRight); s := a.Cut(); a.Do(LineEnd); a.Paste(s) }, " twoone|"},
		"a line is cut":         {"one\nt|wo\nthree", func(a *Area) { a.Cut() }, "one\n|three"},
		"the last line is cut":  {"one\nt|wo", func(a *Area) { a.Cut() }, "one\n|"},
		"copied":                {"one\nt|wo\n", func(a *Area) { s := a.Copy(); a.Do(Top); a.Paste(s) }, "two\n|one\ntwo\n"},
		"cut and undone":        {"|one two", func(a *Area) { a.Extend(WordRight); a.Cut(); a.Do(Undo) }, "one| two"},
		"nothing is selected":   {"|one", func(a *Area) { a.Extend(Left); a.Do(EraseOn) }, "|ne"},
		"a click gives up":      {"|one", func(a *Area) { a.Extend(WordRight); a.Click(1, 0); a.Type("x") }, "ox|ne"},
		"CR LF is one line end": {"a|\r\nb", func(a *Area) { a.Extend(Right); a.Cut() }, "a|b"},
		"to a line":             {"one\ntwo\n|three", func(a *Area) { a.GoToLine(2) }, "one\n|two\nthree"},
		"to a line too far":     {"|one\ntwo", func(a *Area) { a.GoToLine(7) }, "one\n|two"},
	} {
		t.Run(name, func(t *testing.T) {
			a := at(c.before, 40, 5)
			c.do(a)
			if got := marked(a); got != c.want {
				t.Errorf("it is %q, not %q", got, c.want)
			}
		})
	}
}

// places finds a word.
func places(word string) func(string) [][2]int {
	return func(line string) (found [][2]int) {
		for from := 0; ; {
			i := strings.Index(line[from:], word)
			if i < 0 {
				return found
			}
			found = append(found, [2]int{from + i, from + i + len(word)})
			from += i + len(word)
		}
	}
}

// Finding goes from place to place in both directions, around the ends.
func TestFinding(t *testing.T) {
	a := at("x one\n|two one one\nthree\none", 40, 5)
	for i, want := range []string{"x one\ntwo one| one\nthree\none", "x one\ntwo one one|\nthree\none", "x one\ntwo one one\nthree\none|", "x one|\ntwo one one\nthree\none"} {
		if !a.Find(places("one"), true) || marked(a) != want || a.Selected() != "one" {
			t.Fatalf("%d: %q", i, marked(a))
		}
	}
	for i, want := range []string{"x one\ntwo one one\nthree\none|", "x one\ntwo one one|\nthree\none", "x one\ntwo one| one\nthree\none"} {
		if !a.Find(places("one"), false) || marked(a) != want {
			t.Fatalf("back, %d: %q", i, marked(a))
		}
	}
	if !a.FindFrom(places("one")) || marked(a) != "x one\ntwo one| one\nthree\none" {
		t.Errorf("from the selection: %q", marked(a))
	}
	if a.Find(places("four"), true) || a.Find(places("four"), false) {
		t.Error("found what is not there")
	}
	only := at("|one", 40, 5)
	for range 2 {
		if !only.Find(places("one"), true) {
			t.Error("the only place is not found again")
		}
	}
}

// The selected part of a row is marked, with the line end.
func TestSelectionIsDrawn(t *testing.T) {
	a := at("o|ne\ntwo", 40, 5)
	a.Extend(Down)
	got := ""
	for _, row := range a.Rows() {
		for _, s := range row.Spans {
			if s.Selected {
				got += "[" + s.Text + "]"
			} else {
				got += s.Text
			}
		}
		got += "/"
	}
	if got != "o[ne][ ]/[t]wo/" {
		t.Error(got)
	}
}

// Whatever is selected, cut and pasted, no byte is lost or made up.
func TestRandomSelections(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		begin := texts().Draw(t, "text")
		a := New(begin, nil)
		a.Resize(rapid.IntRange(1, 40).Draw(t, "width"), rapid.IntRange(1, 10).Draw(t, "height"))
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			op := Op(rapid.IntRange(int(Left), int(Bottom)).Draw(t, "move"))
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0:
				a.Do(op)
			case 1, 2:
				a.Extend(op)
			case 3:
				a.Mark()
			case 4:
				sel, before := a.Selected(), a.String()
				cut := a.Cut()
				at := a.offset()
				if sel != "" && cut != sel {
					t.Fatalf("%q was cut, not %q", cut, sel)
				}
				if len(cut) != len(before)-a.Len() || !strings.Contains(before, cut) {
					t.Fatalf("%q was cut of %q, at %d, and left %q", cut, before, at, a.String())
				}
			case 5:
				sel, before, s := a.Selected(), a.Len(), fragments().Draw(t, "typed")
				if a.Type(s); a.Len() != before-len(sel)+len(s) {
					t.Fatalf("%q in place of %q made %d bytes of %d", s, sel, a.Len(), before)
				}
			}
			checkSight(t, a)
		}
		for a.Do(Undo) {
			checkSight(t, a)
		}
		if a.String() != begin {
			t.Fatalf("undone it is %q, not %q", a.String(), begin)
		}
	})
}
