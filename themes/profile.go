package themes

import (
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// Profile is how many colours the terminal shows, as far as its environment
// tells. Lip Gloss has found out when the program began; to find it out again
// would start `tmux info` once more inside tmux, while a person waits.
func Profile() colorprofile.Profile { return lipgloss.Writer.Profile }
