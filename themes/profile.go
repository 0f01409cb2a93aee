package themes

import (
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// Profile returns how many colours the terminal shows according to its
// environment. Lip Gloss detected it at start; detecting it again would run
// `tmux info` once more inside tmux while the user waits.
func Profile() colorprofile.Profile { return lipgloss.Writer.Profile }
