package printable

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestString(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"config/app", "config/app"},
		{"ключ 鍵 é", "ключ 鍵 é"},
		{"a\x1b[31mred", `a\x1b[31mred`},
		{"line\nbreak\tand\r", `line\nbreak\tand\r`},
		{"user\u202etxt.exe", `user\u202etxt.exe`},
		{"zero\u200bwidth\ufeff", `zero\u200bwidth\ufeff`},
		{"soft\u00adhyphen", `soft\u00adhyphen`},
		{"c1\u009b31m", `c1\u009b31m`},
		{"bad\xff\xfe", `bad\xff\xfe`},
		{"real \ufffd", "real \ufffd"},
		{"\x00\x7f", `\x00\x7f`},
		{"tag\U000e0041", `tag\U000e0041`},
		{"blank\u3164", `blank\u3164`},
		{"heart\u2764\ufe0f", "heart\u2764" + `\ufe0f`},
		{"ideograph\u845b\U000e0100", "ideograph\u845b" + `\U000e0100`},
		{"adm\u034fin", `adm\u034fin`},
		{"a\u17b4\u17b5\u180b\u180f", `a\u17b4\u17b5\u180b\u180f`},
		{"a\u2800b", `a\u2800b`},
		{"\U00016fe4\U00013441\U00013442\U0001d159", `\U00016fe4\U00013441\U00013442\U0001d159`},
		{"cafe\u0301", "cafe\u0301"},
		{"\u0301a", `\u0301a`},
		{"a/\u0301b", `a/\u0301b`},
		{"a\n\u0301b", `a\n\u0301b`},
		{"हिन्दी กำน้ำ", "हिन्दी กำน้ำ"},
		{"a" + strings.Repeat("\u0301", 10) + "b\u0301", "a" + strings.Repeat("\u0301", 8) + `\u0301\u0301` + "b\u0301"},
		{"\u2630\u268a\u4dc0", `\u2630\u268a\u4dc0`},
		{"  blanks  ", "  blanks  "},
	} {
		if got := String(c.in); got != c.want {
			t.Errorf("String(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestName(t *testing.T) {
	for in, want := range map[string]string{
		"name": "name", "two words": "two words", "name ": `name\x20`, " name": `\x20name`, "   ": `\x20\x20\x20`,
		"app /name": `app\x20/name`, "app/ a b /": `app/\x20a b\x20/`, "": "", "/": "/", "a\u00a0": `a\u00a0`, " \n": `\x20\n`,
	} {
		if got := Name(in); got != want {
			t.Errorf("Name(%q) = %q, want %q", in, got, want)
		}
	}
}

// A text takes cells however many marks it holds.
func TestMarksTakeCells(t *testing.T) {
	s := String("a" + strings.Repeat("\u0301", 100_000))
	if n := strings.Count(s, "\u0301"); n != maxMarks {
		t.Errorf("%d marks stand on one base", n)
	}
	if String(s) != s {
		t.Error("what is printable is escaped again")
	}
}

func TestStringIsAlwaysSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := String(string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")))
		if !utf8.ValidString(s) {
			t.Fatalf("%q is no UTF-8", s)
		}
		for _, r := range s {
			if !Rune(r) {
				t.Fatalf("%q holds %U", s, r)
			}
		}
	})
}
