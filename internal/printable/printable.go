package printable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// String returns s on one line, with everything that a terminal might act on or
// that could deceive a reader escaped as in Go: \n, \x1b, \u202e. Printable
// text is returned unchanged, without an allocation. A backslash is left alone:
// the result is for eyes, not for parsing.
func String(s string) string {
	var at Place
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !at.Shows(r, n) {
			return escape(s)
		}
		i += n
	}
	return s
}

// Name is String for a name or a path of names. It also escapes the invisible
// blanks at the ends of each name: \x20.
func Name(s string) string {
	if !strings.Contains(s, " ") {
		return String(s)
	}
	names := strings.Split(s, "/")
	for i, name := range names {
		inner := strings.Trim(name, " ")
		before := len(name) - len(strings.TrimLeft(name, " "))
		if inner == "" {
			before = len(name)
		}
		behind := len(name) - before - len(inner)
		names[i] = strings.Repeat(`\x20`, before) + String(inner) + strings.Repeat(`\x20`, behind)
	}
	return strings.Join(names, "/")
}

// maxMarks is how many combining marks one base may have. No language needs as
// many; a cell of a terminal would hold any number.
const maxMarks = 8

// Place is the context that decides whether the next rune of a text may be
// shown as it is. The zero value is the beginning of a text.
type Place struct {
	based bool // there is a base that a mark may stand on
	marks int  // how many stand on it
}

// Shows reports whether the next rune, which takes n bytes, may be sent to a
// terminal unescaped. A combining mark may not if the text has no base for it,
// or if many marks stand there already.
func (p *Place) Shows(r rune, n int) bool {
	switch {
	case r == utf8.RuneError && n == 1, !Rune(r):
		*p = Place{}
		return false
	case r < 0x300 || !unicode.Is(unicode.M, r):
		*p = Place{based: r != '/'}
		return true
	case !p.based || p.marks == maxMarks:
		return false
	default:
		p.marks++
		return true
	}
}

// Rune reports whether r may be sent to a terminal unescaped, whatever precedes
// it; see [Place].
func Rune(r rune) bool {
	if r >= ' ' && r < 0x7f {
		return true
	}
	return unicode.IsPrint(r) && !deceptive(r)
}

// deceptive reports whether r is printable but shows as nothing: a key with it
// looks like another key. Terminals disagree about the width that a variation
// selector gives the character before it, so that a row with one would shift
// what stands beside it.
func deceptive(r rune) bool {
	switch r {
	case 0x2800, // the Braille pattern without a dot
		0x13441, 0x13442, // Egyptian blanks
		0x16fe4, // the Khitan filler
		0x1d159: // a note without a head
		return true
	}
	// These became wide in Unicode 16, which half of the terminals implement.
	if r >= 0x2630 && r <= 0x2637 || r >= 0x268a && r <= 0x268f || r >= 0x4dc0 && r <= 0x4dff {
		return true
	}
	return r > 0xff && (unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r))
}

// escape is String for a text with unprintable parts.
func escape(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/8 + 8)
	var at Place
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case at.Shows(r, n):
			b.WriteString(s[i : i+n])
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		default:
			b.WriteString(Escape(r))
		}
		i += n
	}
	return b.String()
}

// Escape writes an unprintable rune as Go does.
func Escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\t':
		return `\t`
	case r == '\r':
		return `\r`
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	default:
		return fmt.Sprintf(`\U%08x`, r)
	}
}
