package printable

import (
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
	} {
		if got := String(c.in); got != c.want {
			t.Errorf("String(%q) = %q, want %q", c.in, got, c.want)
		}
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
