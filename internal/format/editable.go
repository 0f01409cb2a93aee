package format

import (
	"bytes"
	"unicode/utf8"

	"kvist/internal/printable"
)

// The bounds of the inline editor. bubbles' textarea draws its whole text for
// each key pressed: 500 lines take it about 20 ms.
const (
	MaxEditableBytes     = 64 << 10
	MaxEditableLines     = 500
	MaxEditableLineBytes = 2 << 10
)

// Editable tells whether a value may be opened in the inline editor: small,
// and such that bubbles' textarea gives back byte for byte what it was given.
// The textarea turns tabs into blanks and CR into newlines, and drops control
// characters, invalid UTF-8 and U+FFFD. It also draws its text as it is, so
// whatever is not printable is kept from it as well.
func Editable(value []byte) bool {
	if len(value) > MaxEditableBytes || bytes.Count(value, []byte("\n")) >= MaxEditableLines {
		return false
	}
	for line := range bytes.SplitSeq(value, []byte("\n")) {
		if len(line) > MaxEditableLineBytes || !printableLine(line) {
			return false
		}
	}
	return true
}

func printableLine(line []byte) bool {
	for len(line) > 0 {
		r, n := utf8.DecodeRune(line)
		if r == utf8.RuneError || !printable.Rune(r) {
			return false
		}
		line = line[n:]
	}
	return true
}
