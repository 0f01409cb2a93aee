package themes

import "strings"

// Ink paints text by putting escape sequences before and after it. Nothing is
// measured, so that drawing a row costs a concatenation: lipgloss' Render
// parses and measures what it is given, which is most of the cost of a frame.
// The text must be on one line and already printable. The zero Ink paints
// nothing.
type Ink struct{ on, off string }

// Paint is s in this ink.
func (k Ink) Paint(s string) string {
	if k.on == "" || s == "" {
		return s
	}
	return k.on + s + k.off
}

// In is this ink for words within text painted in base: the attributes that
// the ink leaves alone are those of base, and base goes on after the words.
func (k Ink) In(base Ink) Ink {
	return Ink{on: k.on, off: k.off + base.on}
}

// probe is what inkOf has a style render to learn its sequences.
const probe = "x"

// inkOf takes the sequences from what a style renders. A style that renders
// nothing around its text gives the zero Ink.
func inkOf(render func(...string) string) Ink {
	on, off, ok := strings.Cut(render(probe), probe)
	if !ok {
		return Ink{}
	}
	return Ink{on: on, off: off}
}
