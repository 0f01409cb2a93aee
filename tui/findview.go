package tui

import "strings"

// markedBytes is how long a key is at most in which it is marked what was found:
// a frame looks at each key that it shows.
const markedBytes = 8 << 10

// markFound marks in the name of a row, as it is drawn in base, what is looked
// for. A name that is not drawn as it is, being hostile or too long, is marked
// as far as it is.
func (m *Model) markFound(key, raw, name string, base ink) string {
	if !m.finder.on || len(key) > markedBytes {
		return name
	}
	spans := m.finder.query.Places(key, len(key)-len(raw))
	if len(spans) == 0 {
		return name
	}
	same := 0 // bytes of the name that are drawn as they are
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
