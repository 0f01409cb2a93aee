package tui

import "strings"

// markedBytes is the length of a key up to which matches are marked: a frame looks
// at each key that it shows.
const markedBytes = 8 << 10

// markFound marks the matches in a row's name, which is drawn in base. In a hostile
// or long name, it marks only the beginning that is drawn unchanged.
func (m *Model) markFound(key, raw, name string, base ink) string {
	if !m.finder.on || len(key) > markedBytes {
		return name
	}
	spans := m.finder.query.Places(key, len(key)-len(raw))
	if len(spans) == 0 {
		return name
	}
	same := 0 // bytes of the name that are drawn unchanged
	for same < len(raw) && same < len(name) && raw[same] == name[same] {
		same++
	}
	var b strings.Builder
	at := 0
	for _, s := range spans {
		if s.To > same {
			break
		}
		b.WriteString(name[at:s.From])
		b.WriteString(m.look.match.In(base).Paint(name[s.From:s.To]))
		at = s.To
	}
	b.WriteString(name[at:])
	return b.String()
}
