package themes

import (
	"image/color"

	"charm.land/lipgloss/v2"
)

// tint is a named colour of a theme: what a user's file sets.
type tint uint8

const (
	text tint = iota
	muted
	accent
	background
	selection
	selectionText
	selectionBlur
	statusBack
	border
	borderFocus
	good
	warning
	danger
	added
	changed
	removed
	folder
	match
	ephemeral
	leased
	locked
	syntaxKey
	syntaxString
	syntaxNumber
	syntaxBool
	syntaxNull
	syntaxComment
	syntaxPunctuation
	syntaxTag
	syntaxAttr
	syntaxHeading

	tintCount
)

// tintNames are the names of the tints in a user's file.
var tintNames = [tintCount]string{
	text:              "text",
	muted:             "muted",
	accent:            "accent",
	background:        "background",
	selection:         "selection",
	selectionText:     "selection-text",
	selectionBlur:     "selection-blur",
	statusBack:        "status",
	border:            "border",
	borderFocus:       "border-focus",
	good:              "ok",
	warning:           "warn",
	danger:            "danger",
	added:             "added",
	changed:           "changed",
	removed:           "removed",
	folder:            "folder",
	match:             "match",
	ephemeral:         "ephemeral",
	leased:            "leased",
	locked:            "locked",
	syntaxKey:         "syntax-key",
	syntaxString:      "syntax-string",
	syntaxNumber:      "syntax-number",
	syntaxBool:        "syntax-bool",
	syntaxNull:        "syntax-null",
	syntaxComment:     "syntax-comment",
	syntaxPunctuation: "syntax-punctuation",
	syntaxTag:         "syntax-tag",
	syntaxAttr:        "syntax-attr",
	syntaxHeading:     "syntax-heading",
}

// Theme is a palette. A nil tint is the terminal's own colour; the zero Theme
// uses bold, underline and reverse only.
type Theme struct {
	Name  string
	tints [tintCount]color.Color
}

// Background returns the colour that the theme is made for, for tea.View's
// BackgroundColor; nil leaves the terminal's own.
func (t Theme) Background() color.Color { return t.tints[background] }

// hues are the few colours of a published palette. Every tint of a theme is one
// of them.
type hues struct {
	back, panel, chosen       string
	fore, dim, line           string
	red, orange, yellow       string
	green, cyan, blue, violet string
}

// theme gives each tint its hue. Only an empty background stays the terminal's
// own.
func (h hues) theme(name string) Theme {
	t := Theme{Name: name}
	for i, c := range [tintCount]string{
		text: h.fore, muted: h.dim, accent: h.blue, background: h.back,
		selection: h.chosen, selectionText: h.fore, selectionBlur: h.panel, statusBack: h.panel,
		border: h.line, borderFocus: h.blue,
		good: h.green, warning: h.yellow, danger: h.red,
		added: h.green, changed: h.yellow, removed: h.red,
		folder: h.blue, match: h.orange,
		ephemeral: h.cyan, leased: h.violet, locked: h.orange,
		syntaxKey: h.blue, syntaxString: h.green, syntaxNumber: h.orange, syntaxBool: h.violet,
		syntaxNull: h.red, syntaxComment: h.dim, syntaxPunctuation: h.dim,
		syntaxTag: h.blue, syntaxAttr: h.yellow, syntaxHeading: h.violet,
	} {
		if c != "" {
			t.tints[i] = lipgloss.Color(c)
		}
	}
	return t
}
