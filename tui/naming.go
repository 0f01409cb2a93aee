package tui

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// below returns a key without the opened prefix, as the tree shows it.
func (m *Model) below(key string) string {
	return strings.TrimPrefix(key, m.root)
}

// titleBelow returns the title of a pane that shows what is below a directory. The
// slash stands at the directory's end, as in the keys, so that it does not look
// like a key. The whole store has no name.
func (m *Model) titleBelow(what, dir string) paneTitle {
	if dir == "" {
		return paneTitle{what: what}
	}
	return paneTitle{what: what, link: "in ", name: cleanEnds(dir, m.width)}
}

// endOf returns the end of a text that may be very long, at most n bytes.
func endOf(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[len(s)-n:]
	for i := range min(len(s), utf8.UTFMax) {
		if utf8.RuneStart(s[i]) {
			return s[i:]
		}
	}
	return s
}

// cleanHead returns the beginning of hostile text, enough for w cells.
func cleanHead(s string, w int) string {
	if most := 8 * w; len(s) > most {
		s = s[:most]
	}
	return clean(s)
}

// cleanEnds makes a hostile name safe to draw; of a long one it returns the
// beginning and the end, each enough for w cells.
func cleanEnds(s string, w int) string {
	most := 8 * max(w, 1)
	if len(s) <= 2*most {
		return cleanName(s)
	}
	return cleanName(s[:most]) + "…" + cleanName(s[len(s)-most:])
}

// revision returns an index under the store's own name for it.
func (m *Model) revision(index uint64) string { return fmt.Sprintf("%s %d", m.terms.Index, index) }
