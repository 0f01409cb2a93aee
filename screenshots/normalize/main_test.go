package main

import (
	"strings"
	"testing"
)

func TestLooks(t *testing.T) {
	const own = "38;2;1;2;3"
	for name, c := range map[string]struct{ in, want string }{
		"plain text":                 {"a\n", "\x1b[0;" + own + "ma\x1b[0m\n"},
		"nothing":                    {"\n", "\x1b[0m\n"},
		"a look over a line's end":   {"\x1b[1;31ma\nb\n", "\x1b[0;38;2;204;102;102;1ma\x1b[0m\n\x1b[0;38;2;204;102;102;1mb\x1b[0m\n"},
		"only what differs":          {"\x1b[1;3;4;9ma\x1b[22;23;24;29mb\n", "\x1b[0;" + own + ";1;3;4;9ma\x1b[0;" + own + "mb\x1b[0m\n"},
		"the own colours again":      {"\x1b[38;2;9;8;7;48;2;6;5;4ma\x1b[39;49mb\n", "\x1b[0;38;2;9;8;7;48;2;6;5;4ma\x1b[0;" + own + "mb\x1b[0m\n"},
		"reverse of the own colours": {"\x1b[7ma\x1b[27mb\n", "\x1b[0;38;2;4;5;6;48;2;1;2;3ma\x1b[0;" + own + "mb\x1b[0m\n"},
		"reverse of others":          {"\x1b[7;38;2;9;8;7ma\n", "\x1b[0;38;2;4;5;6;48;2;9;8;7ma\x1b[0m\n"},
		"a reset without a number":   {"\x1b[1m\x1b[ma\n", "\x1b[0;" + own + "ma\x1b[0m\n"},
		"the cube and the greys":     {"\x1b[38;5;208;48;5;232ma\n", "\x1b[0;38;2;255;135;0;48;2;8;8;8ma\x1b[0m\n"},
		"curly underline":            {"\x1b[4:3ma\x1b[4:0mb\n", "\x1b[0;" + own + ";4ma\x1b[0;" + own + "mb\x1b[0m\n"},
		"another sequence":           {"\x1b[2Ka\n", "\x1b[0;" + own + "ma\x1b[0m\n"},
		"a sequence cut off":         {"a\x1b[38;2\n", "\x1b[0;" + own + "ma\x1b[0m\n"},
		"colours cut off":            {"\x1b[38;5ma\x1b[48mb\n", "\x1b[0;" + own + "ma\x1b[0;" + own + "mb\x1b[0m\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			normalize(t, c.in, &out, 0, "")
			if out.String() != c.want {
				t.Errorf("%q, want %q", out.String(), c.want)
			}
		})
	}
}

// normalize normalizes a capture of a terminal with colours of its own.
func normalize(t *testing.T, in string, out *strings.Builder, width int, cursor string) {
	t.Helper()
	own, err := newTerminal(width, "#010203", "#040506", cursor)
	if err != nil {
		t.Fatal(err)
	}
	if err := own.run(strings.NewReader(in), out); err != nil {
		t.Fatal(err)
	}
}

func TestRefusals(t *testing.T) {
	if _, err := newTerminal(0, "red", "#000000", ""); err == nil {
		t.Error("red is taken for #rrggbb")
	}
	if _, err := newTerminal(0, "#000000", "#000000", "here"); err == nil {
		t.Error("here is taken for a column and a line")
	}
}

// The cursor is the cell in reverse, also within reversed text, and nothing where
// there is no cell.
func TestCursor(t *testing.T) {
	const plain, reversed = "\x1b[0;38;2;1;2;3m", "\x1b[0;38;2;4;5;6;48;2;1;2;3m"
	for cursor, want := range map[string]string{
		"1,1": plain + "ab\x1b[0m\n" + plain + "c" + reversed + "d" + plain + "e\x1b[0m\n",
		"0,0": reversed + "a" + plain + "b\x1b[0m\n" + plain + "cde\x1b[0m\n",
		"7,0": plain + "ab\x1b[0m\n" + plain + "cde\x1b[0m\n",
	} {
		var out strings.Builder
		normalize(t, "ab\ncde\n", &out, 5, cursor)
		if out.String() != want {
			t.Errorf("%s: %q, want %q", cursor, out.String(), want)
		}
	}
}

func TestFilledLines(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"a background goes on":   {"\x1b[48;2;7;7;7m─a\n", "\x1b[0;38;2;1;2;3;48;2;7;7;7m─a   \x1b[0m\n"},
		"reverse ends":           {"\x1b[7mab\n", "\x1b[0;38;2;4;5;6;48;2;1;2;3mab\x1b[0m\n"},
		"the own background":     {"ab\n", "\x1b[0;38;2;1;2;3mab\x1b[0m\n"},
		"a line that is as wide": {"\x1b[7mabcde\n", "\x1b[0;38;2;4;5;6;48;2;1;2;3mabcde\x1b[0m\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			normalize(t, c.in, &out, 5, "")
			if out.String() != c.want {
				t.Errorf("%q, want %q", out.String(), c.want)
			}
		})
	}
}
