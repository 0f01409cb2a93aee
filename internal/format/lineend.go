package format

import "bytes"

// LineEnd decides about the line end that most editors put at the end of a text
// that has none. To a store it is a change of the value: its readers may
// distinguish "true" from "true\n". given is the text that the editor got, left
// the text that it left, and text what left means. An added line end is taken
// off again if it is the only difference, or if given or left is a single line.
// If several lines were changed as well, ask is true and text is unchanged:
// only the user knows whether the line end was meant.
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

// WithoutLineEnd returns text without the line end that an editor put at its
// end.
func WithoutLineEnd(given, text []byte) []byte {
	off, _ := withoutLineEnd(given, text)
	return off
}

// HasLineEnd reports whether text ends with a line end.
func HasLineEnd(text []byte) bool { return bytes.HasSuffix(text, []byte("\n")) }

// withoutLineEnd cuts the last line end off. An editor ends lines as the text
// that it was given does: CR LF is cut as a whole if that text had any.
func withoutLineEnd(given, text []byte) (off []byte, ended bool) {
	off, ended = bytes.CutSuffix(text, []byte("\n"))
	if short, cr := bytes.CutSuffix(off, []byte("\r")); ended && cr && bytes.Contains(given, []byte("\r\n")) {
		off = short
	}
	return off, ended
}

func severalLines(text []byte) bool { return bytes.IndexByte(text, '\n') >= 0 }
