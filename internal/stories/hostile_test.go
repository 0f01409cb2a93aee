package stories

import (
	"strings"
	"testing"
)

// Escape sequences in keys and values are shown escaped; their bytes never
// reach the terminal.
func TestHostileBytesAreShownEscaped(t *testing.T) {
	const title, colour, bidi = "\x1b]0;owned\x07", "\x1b[31;5mred", "\u202egnp"
	onEach(t, func(s *scene) {
		key := "evil"
		if s.place.Verbatim { // where a key may be any bytes
			key += title
		}
		s.put(key, colour+title+bidi)
		x := s.open()
		x.Sees("evil", "red", "owned", "gnp")
		for _, raw := range []string{"\x1b]0;", "\x1b[31;5m", bidi, "]0;owned\x07"} {
			if strings.Contains(x.Stream(), raw) {
				t.Errorf("%q reached the terminal", raw)
			}
		}
		if strings.Contains(x.Title(), "owned") {
			t.Errorf("the title of the window is %q", x.Title())
		}
		x.Quit()
	})
}
