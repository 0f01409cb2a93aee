package tui

import (
	"fmt"
	"strings"
	"testing"

	"kvist/internal/printable"
	"kvist/tui/tree/match"
)

func TestSoughtInValues(t *testing.T) {
	for name, c := range map[string]struct {
		query, value string
		want         string // "line before|match|after +lines", or "-"
	}{
		"text":                {"mail", "a\nsend mail now\nb", "2 send |mail| now +1"},
		"text, small letters": {"mail", "a\r\nSend MAIL now\r\nb", "2 Send |MAIL| now +1"},
		"text, capitals":      {"MAIL", "mail", "-"},
		"over the end":        {"mail", "mai", "-"},
		"many lines":          {"a", "a\nb a a\na", "1 |a| +3"},
		"in each line once":   {"a", "aaa\n", "1 |a|aa +1"},
		"an empty value":      {"a", "", "-"},
		"letters with dots":   {"äö", "x ÄÖ y", "1 x |ÄÖ| y +1"},
		"letters that grow":   {"i", "İİ i", "1 İİ |i| +1"},
		"not":                 {"!mail", "one\ntwo", "0 ||one +0"},
		"not, but there":      {"!mail", "one\nMail", "-"},
		"not, and empty":      {"!mail", "", "0 || +0"},
		"fuzzy":               {"~sml", "x\nsend mail", "2 |send mail| +1"},
		"fuzzy, not by lines": {"~sml", "s\nm\nl", "-"},
		"fuzzy, wide":         {"~ö", "x\n広いö", "2 広い|ö| +1"},
		"fuzzy, no text":      {"~a", "a\xff", "-"},
		"regexp":              {"=^se.d", "x\nsend\n", "2 |send| +1"},
		"regexp, empty":       {"=^$", "", "1 || +1"},
		"regexp, empty line":  {"=^$", "a\n\nb\n", "2 || +1"},
		"regexp over lines":   {"=a\\nb", "a\nb\n", `1 |a\nb| +1`},
		"bytes":               {"elf", "\x7fELF\x00\x01", `0x1 \x7f|ELF|\x00\x01 +1`},
		"tabs":                {"b", "\t\ta\tb\tc", "1 a |b| c +1"},
		"escapes":             {"b", "\x1b[2Jab\u202e", `1 \x1b[2Ja|b|\u202e +1`},
	} {
		t.Run(name, func(t *testing.T) {
			query, err := match.Parse(c.query)
			if err != nil {
				t.Fatal(err)
			}
			got := "-"
			if f, ok := findIn(query.InValues(), []byte(c.value)); ok {
				got = fmt.Sprintf("%d %s|%s|%s +%d", f.line, f.before, f.match, f.after, f.lines)
				if f.binary {
					got = fmt.Sprintf("0x%x %s|%s|%s +%d", f.offset, f.before, f.match, f.after, f.lines)
				}
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A value that was cut inside a rune is still text.
func TestSoughtInACutValue(t *testing.T) {
	query, _ := match.Parse("a")
	if f, ok := findIn(query.InValues(), []byte("a広い")[:5]); !ok || f.binary || f.after != "広" {
		t.Errorf("%+v, %v", f, ok)
	}
}

// For any query and value, a finding is printable, and what it calls a match
// matches.
func FuzzFinding(f *testing.F) {
	for _, seed := range [][2]string{{"a", "a\x00\xff"}, {"~ab", "\x1b[2Ja\tb"}, {"=.", "\u202e\r\n"}, {"!x", "İ\n"}, {"\xff", "\xff\xfe"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, typed, value string) {
		query, err := match.Parse(typed)
		if err != nil || query == nil {
			return
		}
		found, ok := findIn(query.InValues(), []byte(value))
		if !ok {
			return
		}
		for _, text := range []string{found.before, found.match, found.after} {
			for _, r := range text {
				if r != '…' && !printable.Rune(r) {
					t.Errorf("%q holds %q", text, r)
				}
			}
		}
		if !strings.ContainsAny(typed[:1], "!~=") && typed != strings.ToLower(typed) && !strings.Contains(value, typed) {
			t.Errorf("%q is said to be in %q", typed, value)
		}
	})
}
