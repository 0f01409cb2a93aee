package format

import (
	"bytes"
	"fmt"
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
func Editable(value []byte) bool { return Uneditable(value) == "" }

// Uneditable says why a value may not be opened in the inline editor, as a
// clause such as "it is larger than 64 KiB"; "" when it may be.
// The textarea turns tabs into blanks and CR into newlines, and drops control
// characters, invalid UTF-8 and U+FFFD. It also draws its text as it is, so
// whatever is not printable is kept from it as well.
func Uneditable(value []byte) string {
	if len(value) > MaxEditableBytes {
		return fmt.Sprintf("it is larger than %d KiB", MaxEditableBytes>>10)
	}
	if bytes.Count(value, []byte("\n")) >= MaxEditableLines {
		return fmt.Sprintf("it has more than %d lines", MaxEditableLines)
	}
	for line := range bytes.SplitSeq(value, []byte("\n")) {
		switch {
		case len(line) > MaxEditableLineBytes:
			return fmt.Sprintf("it has a line longer than %d KiB", MaxEditableLineBytes>>10)
		case printableLine(line):
		case bytes.HasSuffix(line, []byte("\r")):
			return "its lines end in CR LF, which would become LF"
		case bytes.IndexByte(line, '\t') >= 0:
			return "it holds tabs, which would become blanks"
		default:
			return "it holds what would not come back byte for byte"
		}
	}
	return ""
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
