// Package themes holds all looks: palettes of named tints, and the styles made
// from them. No other package builds a style or names a colour.
//
// Styles are made in true colour, or in whatever a theme's tints are. Nothing
// here asks what the terminal can show: Bubble Tea parses the view into cells
// and its renderer converts each cell's style to the colour profile of the
// terminal as it writes (ultraviolet's TerminalRenderer, ConvertStyle), down to
// 256 colours, to 16, and to none at all under NO_COLOR.
//
// What a role is used for is up to the surfaces of package tui; where things
// stand on the screen does not belong here.
package themes
