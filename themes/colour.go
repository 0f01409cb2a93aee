package themes

import (
	"fmt"
	"image/color"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
)

// colourWords are the colours of every palette that mark something of the user's,
// each with the tint that has it.
func colourWords() ([]string, []tint) {
	return []string{"red", "orange", "yellow", "green", "cyan", "blue", "violet"},
		[]tint{danger, locked, warning, good, ephemeral, accent, leased}
}

// ColourWords returns the words for the colours of a theme's palette.
func ColourWords() []string {
	words, _ := colourWords()
	return words
}

// HexPattern is a regular expression for a colour in digits.
const HexPattern = "^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$"

// CheckColour returns an error unless colour is one of ColourWords or "#rrggbb".
func CheckColour(colour string) error {
	if slices.Contains(ColourWords(), colour) || isHex(colour) {
		return nil
	}
	return fmt.Errorf(`is no colour; one is "#rrggbb" or a word: %s`, strings.Join(ColourWords(), ", "))
}

// Flag returns the ink of words on a ground of a colour that CheckColour takes. A theme
// without colours reverses them.
func (s *Styles) Flag(colour string) Ink {
	style := (bold | reverse).on(lipgloss.NewStyle())
	words, tints := colourWords()
	switch i := slices.Index(words, colour); {
	case !s.Coloured():
	case i >= 0 && s.Theme.tints[tints[i]] != nil:
		style = style.Foreground(s.Theme.tints[tints[i]])
		if back := s.Theme.tints[statusBack]; back != nil {
			style = style.Background(back)
		}
	case isHex(colour):
		ground := lipgloss.Color(colour)
		words := color.Color(color.White)
		if contrast(color.Black, ground) > contrast(color.White, ground) {
			words = color.Black
		}
		style = bold.on(lipgloss.NewStyle()).Foreground(words).Background(ground)
	}
	return inkOf(style.Render)
}

// Coloured reports whether there are colours, which NO_COLOR takes away.
func (s *Styles) Coloured() bool { return s.Theme.tints[danger] != nil }
