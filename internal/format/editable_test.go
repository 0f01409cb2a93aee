package format

import (
	"strings"
	"testing"

	"charm.land/bubbles/v2/textarea"
	"pgregory.net/rapid"
)

// roundTrip is what bubbles' textarea gives back, set up as an editor that
// takes more than the 99 lines it allows by itself.
func roundTrip(value string) string {
	area := textarea.New()
	area.CharLimit = 0
	area.MaxHeight = MaxEditableLines
	area.SetValue(value)
	return area.Value()
}

func TestWhatIsEditableSurvivesTheTextarea(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := hostile().Draw(t, "value")
		if rapid.Bool().Draw(t, "long") {
			value = strings.Repeat(value+"\n", rapid.IntRange(1, 40).Draw(t, "times"))
		}
		if got := roundTrip(value); Editable([]byte(value)) && got != value {
			t.Fatalf("%q comes back as %q", value, got)
		}
	})
}

func TestEditable(t *testing.T) {
	for name, c := range map[string]struct {
		value string
		want  bool
	}{
		"nothing":           {"", true},
		"a word":            {"word", true},
		"a last newline":    {"a\n", true},
		"only newlines":     {"\n\n\n", true},
		"other scripts":     {"ключ 鍵 é\n", true},
		"a decomposed é":    {"e\u0301\n", true},
		"a tab":             {"a\tb", false},
		"CRLF":              {"a\r\nb", false},
		"an escape":         {"a\x1b[31m", false},
		"a NUL":             {"a\x00", false},
		"no UTF-8":          {"a\xff", false},
		"U+FFFD":            {"a\ufffd", false},
		"a bidi mark":       {"a\u202eb", false},
		"a line separator":  {"a\u2028b", false},
		"a zero width":      {"a\u200bb", false},
		"500 lines":         {strings.Repeat("a\n", 499) + "a", true},
		"501 lines":         {strings.Repeat("a\n", 500) + "a", false},
		"a line of 2 KiB":   {strings.Repeat("a", 2<<10), true},
		"a line above it":   {strings.Repeat("a", 2<<10+1), false},
		"more than 64 KiB":  {strings.Repeat(strings.Repeat("a", 1000)+"\n", 66), false},
		"just below 64 KiB": {strings.Repeat(strings.Repeat("a", 1000)+"\n", 65), true},
	} {
		if got := Editable([]byte(c.value)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if c.want && roundTrip(c.value) != c.value {
			t.Errorf("%s: the textarea changes it", name)
		}
	}
}

// Who is sent to another editor is told what for.
func TestUneditableSaysWhy(t *testing.T) {
	for value, want := range map[string]string{
		"a\n":                        "",
		strings.Repeat("a\n", 40000): "larger than 64 KiB",
		strings.Repeat("a\n", 500):   "more than 500 lines",
		strings.Repeat("a", 3000):    "a line longer than 2 KiB",
		"a\r\nb":                     "CR LF",
		"a\tb":                       "tabs",
		"a\xff":                      "byte for byte",
	} {
		if why := Uneditable([]byte(value)); !strings.Contains(why, want) || (why == "") != (want == "") {
			t.Errorf("%.10q: %q, want %q", value, why, want)
		}
	}
}
