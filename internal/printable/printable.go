package printable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// String is s on one line with everything a terminal might act on, or a
// reader be deceived by, escaped the way Go writes it: \n, \x1b, \u202e.
// Printable text comes back as it is, without an allocation. A backslash is
// left alone: the result is for eyes, not for parsing.
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

// Name is String for a name or a path of names, of which the blanks at the
// ends of each name, which nobody would see, are escaped as well: \x20.
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

// maxMarks is how many combining marks may stand on one base. No language
// needs as many; a cell of a terminal would hold any number.
const maxMarks = 8

// Place is where in a text one is, as far as it matters for whether the next
// rune may be shown as it is. The zero value is the beginning of a text.
type Place struct {
	based bool // there is something that a mark may stand on
	marks int  // on that
}

// Shows reports whether the next rune, which takes n bytes, may be sent to a
// terminal as it is. What may not is to be escaped. A combining mark may not
// where there is nothing of the text's own that it could stand on, nor where
// many stand already.
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

// Rune reports whether r may be sent to a terminal as it is, for what is
// before it see [Place].
func Rune(r rune) bool {
	if r >= ' ' && r < 0x7f {
		return true
	}
	return unicode.IsPrint(r) && !deceptive(r)
}

// deceptive reports whether r is printable and yet shows as nothing at all: a
// key that holds one looks like another key. Terminals do not even agree on
// how wide a variation selector makes the character before it, so that a row
// with one would push what stands beside it out of line.
func deceptive(r rune) bool {
	switch r {
	case 0x2800, // the Braille pattern without a dot
		0x13441, 0x13442, // Egyptian blanks
		0x16fe4, // the Khitan filler
		0x1d159: // a note without a head
		return true
	}
	// These became wide in Unicode 16, which half of the terminals follow.
	if r >= 0x2630 && r <= 0x2637 || r >= 0x268a && r <= 0x268f || r >= 0x4dc0 && r <= 0x4dff {
		return true
	}
	return r > 0xff && (unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r))
}

// escape is String for a text that is not all printable.
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

// Escape writes an unprintable rune the way Go does.
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
