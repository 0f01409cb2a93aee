package format

import "testing"

func TestLineEnd(t *testing.T) {
	for name, c := range map[string]struct {
		given, left, want string
		ask               bool
	}{
		"not edited":                                {"30s", "30s", "30s", false},
		"vim's line end is the only difference":     {"30s", "30s\n", "30s", false},
		"several lines, the only difference":        {"a\nb", "a\nb\n", "a\nb", false},
		"one line, changed":                         {"false", "true\n", "true", false},
		"one line, emptied":                         {"false", "\n", "", false},
		"one line that became several":              {"a", "a\nb\n", "a\nb", false},
		"a blank line added to one line":            {"a", "a\n\n", "a\n", false},
		"several lines, changed":                    {"a\nb", "a\nc\n", "a\nc\n", true},
		"several lines that became one":             {"a\nb", "a\n", "a\n", true},
		"several lines, changed without a line end": {"a\nb", "a\nc", "a\nc", false},
		"it had one":                                {"a\n", "b\n", "b\n", false},
		"it had one, and it was taken away":         {"a\n", "a", "a", false},
		"it had one, and got one more":              {"a\n", "a\n\n", "a\n\n", false},
		"a new key, one line":                       {"", "true\n", "true", false},
		"a new key, several lines":                  {"", "a: 1\nb: 2\n", "a: 1\nb: 2\n", true},
		"a new key, left empty":                     {"", "", "", false},
		"CR LF, the only difference":                {"a\r\nb", "a\r\nb\r\n", "a\r\nb", false},
		"CR LF, changed":                            {"a\r\nb", "a\r\nc\r\n", "a\r\nc\r\n", true},
		"a CR of its own stays":                     {"a\r", "a\r\n", "a\r", false},
		"bytes":                                     {"\x00\xff", "\x00\xff\n", "\x00\xff", false},
	} {
		t.Run(name, func(t *testing.T) {
			text, ask := LineEnd([]byte(c.given), []byte(c.left))
			if string(text) != c.want || ask != c.ask {
				t.Errorf("LineEnd(%q, %q) is %q, %v; want %q, %v", c.given, c.left, text, ask, c.want, c.ask)
			}
		})
	}
}

func TestWithoutLineEnd(t *testing.T) {
	for _, c := range [][3]string{
		{"a\nb", "a\nc\n", "a\nc"}, {"a\r\nb", "c\r\n", "c"}, {"a", "c\r\n", "c\r"}, {"a\nb", "c", "c"},
	} {
		if off := WithoutLineEnd([]byte(c[0]), []byte(c[1])); string(off) != c[2] {
			t.Errorf("WithoutLineEnd(%q, %q) is %q, not %q", c[0], c[1], off, c[2])
		}
	}
}
