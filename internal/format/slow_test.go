package format

import (
	"strings"
	"testing"
	"time"

	"kvist/themes"
)

// Values that take the lexers and the parsers seconds are shown without that
// wait, in one colour.
func TestSlowValuesAreNotWaitedFor(t *testing.T) {
	n := 500_000
	bound := lexingTime + 5*parsingTime + 5*time.Second // what it may take, and a margin for a busy machine
	for name, value := range map[string]string{
		"x.yaml":   "-" + strings.Repeat("]", n) + ".",
		"x.hcl":    strings.Repeat("a ", n/2),
		"0.hcl":    "0x" + strings.Repeat("@!", n/2),
		"null.hcl": "key" + strings.Repeat("null1%", n/6),
		"x.json":   strings.Repeat("/", n),
		"x.xml":    strings.Repeat(":true?<![CDATA[", n/15),
		"y.yaml":   "[" + strings.Repeat(",", 65_000),
	} {
		begun := time.Now()
		f := Detect(name, []byte(value))
		Describe(f, []byte(value))
		lines := Highlight(f, []byte(value))
		if took := time.Since(begun); took > bound {
			t.Errorf("%s: a look took %s", name, took)
		}
		if got := strings.TrimSuffix(plain(lines), "\n"); got != strings.TrimRight(value, " ")+strings.Repeat(`\x20`, len(value)-len(strings.TrimRight(value, " "))) {
			t.Errorf("%s: what is drawn is not what is stored", name)
		}
	}
}

// When the lexer breaks, the tokens before are kept, and the rest of the text
// too.
func TestHighlightBehindAMistake(t *testing.T) {
	lines := Highlight(JSON, []byte(`{"a": 1, %%% "b": 2}`))
	if role, ok := roleAt(lines, "a"); !ok || role != themes.SyntaxKey {
		t.Errorf("the key is in role %d", role)
	}
	if got := plain(lines); got != `{"a": 1, %%% "b": 2}`+"\n" {
		t.Errorf("drawn is %q", got)
	}
}
