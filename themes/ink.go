package themes

import "strings"

// Ink paints text by putting escape sequences before and after it. Nothing is
// measured, so that drawing a row costs a concatenation: lipgloss' Render
// parses and measures its input, which is most of the cost of a frame. The text
// must be on one line and already printable. The zero Ink paints nothing.
type Ink struct{ on, off string }

// Paint returns s in this ink.
func (k Ink) Paint(s string) string {
	if k.on == "" || s == "" {
		return s
	}
	return k.on + s + k.off
}

// In returns this ink for words within text painted in base: attributes that
// the ink leaves alone are those of base, and base continues after the words.
func (k Ink) In(base Ink) Ink {
	return Ink{on: k.on, off: k.off + base.on}
}

// Underlined returns this ink with a line below the text.
func (k Ink) Underlined() Ink { return Ink{on: k.on + "\x1b[4m", off: "\x1b[24m" + k.off} }

// probe is the text that inkOf renders to learn a style's sequences.
const probe = "x"

// inkOf takes the sequences from the output of a style. A style that renders
// nothing around its text becomes the zero Ink.
func inkOf(render func(...string) string) Ink {
	on, off, ok := strings.Cut(render(probe), probe)
	if !ok {
		return Ink{}
	}
	return Ink{on: on, off: off}
}
