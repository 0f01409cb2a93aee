package format

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kvist/internal/printable"
	"kvist/themes"
)

// plain returns the text of lines, without their looks.
func plain(lines []Line) string {
	var b strings.Builder
	for _, line := range lines {
		for _, span := range line {
			b.WriteString(span.Text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// roleAt returns the role in which word is drawn first.
func roleAt(lines []Line, word string) (themes.Role, bool) {
	for _, line := range lines {
		for _, span := range line {
			if strings.Contains(span.Text, word) {
				return span.Role, true
			}
		}
	}
	return 0, false
}

func TestHighlight(t *testing.T) {
	for _, c := range []struct {
		f     Format
		value string
		want  map[string]themes.Role
	}{
		{JSON, "{\"key\": [12, true, null, \"word\"]}", map[string]themes.Role{
			"key": themes.SyntaxKey, "12": themes.SyntaxNumber, "true": themes.SyntaxBool,
			"null": themes.SyntaxNull, "word": themes.SyntaxString, "{": themes.SyntaxPunctuation,
		}},
		{YAML, "# note\nkey: word\nn: 12\nb: true\nz: null\n", map[string]themes.Role{
			"note": themes.SyntaxComment, "key": themes.SyntaxKey, "word": themes.SyntaxString,
			"12": themes.SyntaxNumber, "true": themes.SyntaxBool, "null": themes.SyntaxNull,
		}},
		{TOML, "# note\n[key]\nname = \"word\"\nn = 12\nb = true\n", map[string]themes.Role{
			"note": themes.SyntaxComment, "key": themes.SyntaxKey, "word": themes.SyntaxString,
			"12": themes.SyntaxNumber, "true": themes.SyntaxBool,
		}},
		{XML, "<!-- note --><elem attr=\"word\">rest</elem>", map[string]themes.Role{
			"note": themes.SyntaxComment, "elem": themes.SyntaxTag, "attr": themes.SyntaxAttr,
			"word": themes.SyntaxString, "rest": themes.Text,
		}},
		{HCL, "# note\njob \"word\" {\n  count = 12\n  b = true\n}\n", map[string]themes.Role{
			"note": themes.SyntaxComment, "job": themes.SyntaxHeading, "word": themes.SyntaxString,
			"count": themes.SyntaxKey, "12": themes.SyntaxNumber, "true": themes.SyntaxBool,
		}},
		{Properties, "# note\nkey=word\n", map[string]themes.Role{
			"note": themes.SyntaxComment, "key": themes.SyntaxKey, "word": themes.SyntaxString,
		}},
		{Text, "{\"key\": 12}", map[string]themes.Role{"key": themes.Text}},
	} {
		lines := Highlight(c.f, []byte(c.value))
		for word, want := range c.want {
			if got, ok := roleAt(lines, word); !ok || got != want {
				t.Errorf("%s: %q is in role %d, want %d", c.f, word, got, want)
			}
		}
	}
}

func TestHighlightLines(t *testing.T) {
	for _, c := range []struct{ value, want string }{
		{"", ""},
		{"\n", "\n"},
		{"a", "a\n"},
		{"a\n", "a\n"},
		{"a\n\nb", "a\n\nb\n"},
		{"\ta\n", "    a\n"},
		{"ab\tc\n", "ab  c\n"},
		{"é\tc\n", "é   c\n"},
		{"a\r\nb\r\n", "a\\r\nb\\r\n"},
		{"a\x1b[31mb", "a\\x1b[31mb\n"},
		{"a\u202eb", "a\\u202eb\n"},
		{"a\\nb", "a\\nb\n"},
		{" a  b  \n", " a  b\\x20\\x20\n"},
		{"a\t", "a\\t\n"},
		{"a \t\nb", "a\\x20\\t\nb\n"},
		{" ", "\\x20\n"},
	} {
		if got := plain(Highlight(Text, []byte(c.value))); got != c.want {
			t.Errorf("%q is drawn as %q, want %q", c.value, got, c.want)
		}
	}
	escaped, _ := roleAt(Highlight(Text, []byte("a\x1bb")), `\x1b`)
	written, _ := roleAt(Highlight(Text, []byte(`a\x1bb`)), `\x1b`)
	if escaped == written {
		t.Error("an escape of ours looks like one in the value")
	}
}

// Whatever the lexers do, the drawn text is the stored one: cutting it into
// tokens does not change what printable makes of it.
func TestHighlightKeepsTheText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := strings.ReplaceAll(hostile().Draw(t, "value"), "\t", " ")
		f := Format(rapid.IntRange(int(Empty), int(Properties)).Draw(t, "format"))
		var want strings.Builder
		for _, line := range strings.SplitAfter(value, "\n") {
			text, ended := strings.CutSuffix(line, "\n")
			seen := strings.TrimRight(text, " ")
			want.WriteString(printable.String(seen) + strings.Repeat(`\x20`, len(text)-len(seen)))
			if ended || text != "" {
				want.WriteByte('\n')
			}
		}
		if got := plain(Highlight(f, []byte(value))); got != want.String() {
			t.Fatalf("%s: %q is drawn as %q, want %q", f, value, got, want.String())
		}
	})
}

func TestLargeValuesArePlain(t *testing.T) {
	value := []byte("[" + strings.Repeat("1, ", maxHighlight/3) + "1]")
	if role, ok := roleAt(Highlight(JSON, value), "1"); !ok || role != themes.Text {
		t.Errorf("%d bytes are highlighted", len(value))
	}
}

func TestHex(t *testing.T) {
	value := []byte("hello, \x00\xff\x1bworld 0123456789")
	want := []string{
		"00000000  68 65 6c 6c 6f 2c 20 00  ff 1b 77 6f 72 6c 64 20  |hello, ...world |",
		"00000010  30 31 32 33 34 35 36 37  38 39                    |0123456789|",
	}
	got := Hex(value, 0, 10, 80)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("hexdump -C would say\n%s\nnot\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
	}
	if got := Hex(value, 1, 1, 80); len(got) != 1 || got[0] != want[1] {
		t.Errorf("the second row is %q", got)
	}
	if got := Hex(value, 7, 5, 80); len(got) != 0 {
		t.Errorf("beyond the end: %q", got)
	}
}

func TestHexFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(0, 300).Draw(t, "size")
		width := rapid.IntRange(28, 200).Draw(t, "width")
		lines := Hex(make([]byte, size), 0, 1000, width)
		if len(lines) != HexRows(size, width) {
			t.Fatalf("%d lines, HexRows says %d", len(lines), HexRows(size, width))
		}
		for _, line := range lines {
			if len(line) > width {
				t.Fatalf("%q is wider than %d", line, width)
			}
		}
	})
}

func BenchmarkHighlight(b *testing.B) {
	var object strings.Builder
	object.WriteString("{\n")
	for i := range 1000 {
		fmt.Fprintf(&object, "  \"key%d\": {\"name\": \"value %d\", \"port\": %d, \"on\": true},\n", i, i, i)
	}
	object.WriteString("  \"last\": null\n}\n")
	value := []byte(object.String())
	b.SetBytes(int64(len(value)))
	for b.Loop() {
		Highlight(JSON, value)
	}
}
