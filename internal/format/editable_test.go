package format

import (
	"strings"
	"testing"
)

func TestEditable(t *testing.T) {
	for name, c := range map[string]struct {
		value string
		want  string // part of the reason
	}{
		"nothing":          {"", ""},
		"a word":           {"word", ""},
		"other scripts":    {"ключ 鍵 é e\u0301\n", ""},
		"a Makefile":       {"all:\n\tgo build\n", ""},
		"a table":          {"a\tb\tc\n1\t2\t3\n", ""},
		"CR LF":            {"server {\r\n\tlisten 80;\r\n}\r\n", ""},
		"blanks at ends":   {"a  \n  \n", ""},
		"a lone CR":        {"progress\rdone\n", ""},
		"an escape":        {"red: \x1b[31m in a longer text\n", ""},
		"U+FFFD":           {"a\ufffd", ""},
		"a bidi mark":      {"a\u202eb", ""},
		"a zero width":     {"a\u200bb", ""},
		"100 000 lines":    {strings.Repeat("a\n", 100_000), ""},
		"a line of 1 MiB":  {strings.Repeat("a", 1<<20), ""},
		"16 MiB":           {strings.Repeat("a", MaxEditableBytes), ""},
		"more than that":   {strings.Repeat("a", MaxEditableBytes+1), "larger than 16 MiB"},
		"a NUL":            {"a\x00", "NUL"},
		"no UTF-8":         {"a\xff", "UTF-8"},
		"escapes":          {"a\x1b[31mred\x1b]0;title\a\r\nb\n", "more than one in 8 of its characters is a control character, line ends and tabs aside"},
		"fewer escapes":    {"a\x1b[31mred\x1b]0;title\a\r\nb\n and more", ""},
		"nothing but bell": {"\a\a\a\a", "control character"},
	} {
		why := Uneditable([]byte(c.value))
		if !strings.Contains(why, c.want) || (why == "") != (c.want == "") || Editable([]byte(c.value)) != (why == "") {
			t.Errorf("%s: %q, want %q", name, why, c.want)
		}
	}
}

// A value can be edited as text if and only if it is shown as text.
func TestWhatIsShownAsBytesIsNotEdited(t *testing.T) {
	for _, value := range []string{"", "a", "a\x00b", "\xff", "\x01\x02\x03", "a\x01long enough to be read", "\r\n\t"} {
		binary := Detect("key", []byte(value)) == Binary
		if Editable([]byte(value)) == binary {
			t.Errorf("%q: editable %v, shown as bytes %v", value, !binary, binary)
		}
	}
}
