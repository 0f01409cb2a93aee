// Package printable makes hostile bytes safe to show: keys, values and what
// servers say may hold escape sequences, control characters, marks that turn
// the direction of text, or bytes that are no UTF-8. None of these may reach
// a terminal.
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
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !Rune(r) || r == utf8.RuneError && n == 1 {
			return escape(s, i)
		}
		i += n
	}
	return s
}

// Rune tells whether r may be sent to a terminal as it is.
func Rune(r rune) bool {
	if r >= ' ' && r < 0x7f {
		return true
	}
	return unicode.IsPrint(r) && !deceptive(r)
}

// deceptive are the printable runes that show as nothing at all: a key that
// holds one looks like another key. Terminals do not even agree on how wide a
// variation selector makes the character before it, so that a row with one
// would push what stands beside it out of line.
func deceptive(r rune) bool {
	switch r {
	case 0x115f, 0x1160, 0x3164, 0xffa0: // Hangul fillers
		return true
	}
	return r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0100 && r <= 0xe01ef // variation selectors
}

// escape copies s, whose first from bytes are printable, and escapes the rest.
func escape(s string, from int) string {
	var b strings.Builder
	b.WriteString(s[:from])
	for i := from; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case Rune(r):
			b.WriteRune(r)
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
