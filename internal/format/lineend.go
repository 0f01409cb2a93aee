package format

import "bytes"

// LineEnd is about the line end that most editors put at the end of a text
// that has none. To a store it is a change of the value: "true" and "true\n"
// are not the same to whoever reads them. given is what the editor was handed
// and left what it left behind. text is what left means: a line end that was
// added to a text without one is taken off again where it is the only
// difference, or where what was given or what is left is a single line. Where
// several lines were changed as well, ask is true, text is left as it is, and
// nobody but the user can tell whether the line end was meant.
func LineEnd(given, left []byte) (text []byte, ask bool) {
	off, ended := withoutLineEnd(given, left)
	switch {
	case !ended || HasLineEnd(given):
		return left, false
	case bytes.Equal(off, given), !severalLines(given) && (len(given) > 0 || !severalLines(off)):
		return off, false
	default:
		return left, true
	}
}

// WithoutLineEnd is text without the line end that an editor put at its end.
func WithoutLineEnd(given, text []byte) []byte {
	off, _ := withoutLineEnd(given, text)
	return off
}

// HasLineEnd reports whether text ends with a line end.
func HasLineEnd(text []byte) bool { return bytes.HasSuffix(text, []byte("\n")) }

// withoutLineEnd takes the last line end off. An editor ends lines as the text
// that it was given does: CR LF goes as a whole where that had any.
func withoutLineEnd(given, text []byte) (off []byte, ended bool) {
	off, ended = bytes.CutSuffix(text, []byte("\n"))
	if short, cr := bytes.CutSuffix(off, []byte("\r")); ended && cr && bytes.Contains(given, []byte("\r\n")) {
		off = short
	}
	return off, ended
}

func severalLines(text []byte) bool { return bytes.IndexByte(text, '\n') >= 0 }
