package themes

// The contrast that WCAG 2.1 asks of text (success criteria 1.4.3 and 1.4.6).
const (
	contrastText = 4.5
	contrastHigh = 7.0
)

// builtin are the themes that come with the program, in the order of the
// palette.
func builtin() []Theme {
	all := []Theme{ansiDark().theme("default"), neutralHues().theme(Neutral)}
	for _, p := range palettes() {
		all = append(all, p.theme(p.name).legible(p.contrast))
	}
	return append(all, Theme{Name: "mono"})
}

// ansiDark uses the colours of the terminal's 16 that are readable on a dark
// background. Their exact shades are unknown, so background and text are left
// to the terminal, nothing gets a background, and what is selected is reversed.
func ansiDark() hues {
	return hues{
		dim: "7", line: "8",
		red: "9", orange: "11", yellow: "11", green: "10", cyan: "14", blue: "12", violet: "13",
	}
}

// ansiLight is the same for a light background, on which the bright eight are
// unreadable.
func ansiLight() hues {
	return hues{
		dim: "8", line: "8",
		red: "1", orange: "5", yellow: "5", green: "2", cyan: "6", blue: "4", violet: "5",
	}
}

// neutralHues are readable on a dark and on a light background, each with a
// contrast of 4.5 to both. They need more than sixteen colours.
func neutralHues() hues {
	return hues{
		dim: "#757575", line: "#757575",
		red: "#e61d2e", orange: "#be580f", yellow: "#937008", green: "#138827", cyan: "#0c8198", blue: "#1273e2", violet: "#9d52d4",
	}
}

// palette is a theme with colours of its own.
type palette struct {
	name     string
	contrast float64 // the least contrast of its text
	hues
}

// palettes are the themes with colours of their own, as they are published.
func palettes() []palette {
	return []palette{
		{"light", contrastText, hues{
			back: "#ffffff", panel: "#eceff4", chosen: "#cfe3ff",
			fore: "#1f2328", dim: "#59636e", line: "#b8c0c8",
			red: "#c21c2c", orange: "#a84300", yellow: "#7d5700", green: "#116329", cyan: "#0a6672", blue: "#0550ae", violet: "#6f3fb8",
		}},
		{"high-contrast", contrastHigh, hues{
			back: "#000000", panel: "#1c1c1c", chosen: "#003a8c",
			fore: "#ffffff", dim: "#d0d0d0", line: "#a0a0a0",
			red: "#ff9a9a", orange: "#ffb86b", yellow: "#ffe95c", green: "#7dff7d", cyan: "#6df5ff", blue: "#9ecbff", violet: "#f0b3ff",
		}},
		// https://catppuccin.com/palette
		{"catppuccin-mocha", contrastText, hues{
			back: "#1e1e2e", panel: "#313244", chosen: "#45475a",
			fore: "#cdd6f4", dim: "#9399b2", line: "#585b70",
			red: "#f38ba8", orange: "#fab387", yellow: "#f9e2af", green: "#a6e3a1", cyan: "#94e2d5", blue: "#89b4fa", violet: "#cba6f7",
		}},
		// https://github.com/morhetz/gruvbox
		{"gruvbox-dark", contrastText, hues{
			back: "#282828", panel: "#3c3836", chosen: "#504945",
			fore: "#ebdbb2", dim: "#a89984", line: "#665c54",
			red: "#fb4934", orange: "#fe8019", yellow: "#fabd2f", green: "#b8bb26", cyan: "#8ec07c", blue: "#83a598", violet: "#d3869b",
		}},
		// https://www.nordtheme.com/docs/colors-and-palettes
		{"nord", contrastText, hues{
			back: "#2e3440", panel: "#3b4252", chosen: "#434c5e",
			fore: "#eceff4", dim: "#a7b1c2", line: "#4c566a",
			red: "#bf616a", orange: "#d08770", yellow: "#ebcb8b", green: "#a3be8c", cyan: "#8fbcbb", blue: "#88c0d0", violet: "#b48ead",
		}},
		// https://ethanschoonover.com/solarized
		{"solarized-light", contrastText, hues{
			back: "#fdf6e3", panel: "#eee8d5", chosen: "#dcd6c3",
			fore: "#586e75", dim: "#657b83", line: "#93a1a1",
			red: "#dc322f", orange: "#cb4b16", yellow: "#b58900", green: "#859900", cyan: "#2aa198", blue: "#268bd2", violet: "#6c71c4",
		}},
	}
}
