package format

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kvist/internal/printable"
)

// Values made to hurt a parser neither crash it, nor hang it, nor come out
// unsafe. How long each takes is logged, not judged: machines differ.
func TestHostileValues(t *testing.T) {
	const n = 6 << 10
	for name, value := range map[string]string{
		"open brackets":    strings.Repeat("[", n),
		"open braces":      strings.Repeat("{", n),
		"open parentheses": "a = " + strings.Repeat("(", n),
		"dashes":           strings.Repeat("- ", n),
		"question marks":   strings.Repeat("? ", n),
		"nested lists":     strings.Repeat("[", 199) + strings.Repeat("]", 199),
		"nested objects":   strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000),
		"nested elements":  strings.Repeat("<a>", n) + strings.Repeat("</a>", n),
		"one long line":    strings.Repeat("a", n),
		"quotes":           strings.Repeat(`"`, n),
		"backslashes":      `"` + strings.Repeat(`\`, n),
		"anchors":          "a: &a [x]\n" + strings.Repeat("b: *a\n", 1000),
		"a staircase":      staircase(250),
		"many keys":        strings.Repeat("a: 1\n", n/5),
		"many newlines":    strings.Repeat("\n", n),
		"hashes":           strings.Repeat("#", n),
		"templates":        "a = \"" + strings.Repeat("${", n/2) + "\"",
		"a heredoc":        "a = <<EOT\n" + strings.Repeat("x\n", n/2-10),
		"an empty heredoc": "a = <<EOT\n" + strings.Repeat("\n", n-20) + "EOT\n",
		"64 KiB of quotes": strings.Repeat(`"`, limit(YAML)),
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			for _, key := range []string{"a", "a.yaml", "a.hcl"} {
				f := Detect(key, []byte(value))
				Describe(f, []byte(value))
				checkLines(t, Highlight(f, []byte(value)))
			}
			t.Logf("three looks took %v", time.Since(begun).Round(time.Millisecond))
		})
	}
}

// staircase is a YAML map n deep, each level one blank further in.
func staircase(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestTooLargeIsNotWrong(t *testing.T) {
	value := []byte("a: [" + strings.Repeat("x", limit(YAML)))
	if err := Validate(YAML, value); err != nil {
		t.Errorf("what was not looked at was refused: %v", err)
	}
	if f := Detect("a", value); f != Text {
		t.Errorf("what was not looked at is %s", f)
	}
}

// checkLines checks that lines cannot hurt a terminal.
func checkLines(t interface{ Fatalf(string, ...any) }, lines []Line) {
	for _, line := range lines {
		for _, span := range line {
			if printable.String(span.Text) != span.Text {
				t.Fatalf("%q is not printable", span.Text)
			}
			if span.Text == "" || len(span.Text) > spanBytes {
				t.Fatalf("a span of %d bytes", len(span.Text))
			}
		}
	}
}

// hostile generates text that is close to the grammars.
func hostile() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{
		"{", "}", "[", "]", "\"", "'", ":", ",", "=", "\n", "\r\n", "\t", " ", "  ", "- ", "a", "key", "1", "true", "null",
		"<", ">", "</", "<!--", "-->", "<![CDATA[", "&", "*", "|", "#", "//", "/*", "\\", "${", "<<EOT\n", "EOT\n", "\x1b[31m",
		"\x00", "\xff", "\u202e", "\u200b", "é", "鍵", "---\n", "!!binary ", "%", "\u2028", "\u0085",
	})
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 60).Draw(t, "pieces"), "")
	})
}

func TestAnythingIsSafeToShow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := []byte(hostile().Draw(t, "value"))
		f := Format(rapid.IntRange(int(Empty), int(Properties)).Draw(t, "format"))
		checkLines(t, Highlight(f, value))
		for _, line := range append(Hex(value, 0, 9, 80), Describe(f, value)) {
			if printable.String(line) != line {
				t.Fatalf("%q is not printable", line)
			}
		}
		if err := Validate(f, value); err != nil && printable.String(err.Error()) != err.Error() {
			t.Fatalf("%q is not printable", err)
		}
	})
}

func FuzzLook(f *testing.F) {
	f.Add("a.json", []byte(`{"a": [1, null, "x"]}`))
	f.Add("a.yaml", []byte("a: &x\n  - b: *x\n  - |\n    c\n"))
	f.Add("a.toml", []byte("[a.b]\nc = 1979-05-27T07:32:00Z\n"))
	f.Add("a.hcl", []byte("job \"x\" {\n  a = \"${b}\"\n}\n"))
	f.Add("a.xml", []byte("<?xml version=\"1.0\"?><a b=\"c\">&lt;</a>"))
	f.Add("a.properties", []byte("a=b\\\n c\n# d\n"))
	f.Add("a", []byte("\x1b[31m\x00\xff"))
	f.Fuzz(func(t *testing.T, key string, value []byte) {
		look := Detect(key, value)
		Describe(look, value)
		_ = Validate(look, value)
		checkLines(t, Highlight(look, value))
		Editable(value)
	})
}
