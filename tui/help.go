package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// help lists the keys and what they do, from the keymap.
type help struct {
	lines []helpLine
	drawn []string // as they fit the width
	viewport
}

// helpLine is a heading, a key with its meaning, or an empty line.
type helpLine struct{ heading, keys, text string }

// openHelp shows the keys of the topmost surface, then all others.
func (m *Model) openHelp() tea.Cmd {
	if _, open := m.top().(*help); open {
		return nil
	}
	h := &help{}
	shown := map[keymap.Scope]bool{}
	add := func(scopes []keymap.Scope) {
		for _, section := range m.keys.Help(scopes) {
			if shown[section.Scope] {
				continue
			}
			shown[section.Scope] = true
			h.lines = append(h.lines, helpLine{heading: section.Title})
			for _, entry := range section.Entries {
				h.lines = append(h.lines, helpLine{keys: entry.Keys, text: entry.Help})
			}
			h.lines = append(h.lines, helpLine{})
		}
	}
	add(keymap.Stack(m.top().scope()))
	for _, s := range keymap.Scopes() {
		add([]keymap.Scope{s})
	}
	h.lines = h.lines[:len(h.lines)-1] // the last line is empty
	m.open(h)
	return nil
}

func (h *help) scope() keymap.Scope { return keymap.ScopeHelp }

func (h *help) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if h.moved(a) {
		return nil, true
	}
	if a == keymap.DialogCancel || a == keymap.AppHelp {
		m.close(h)
		return nil, true
	}
	return nil, false
}

// helpKeys is the width of the column with the keys.
const helpKeys = 18

// helpWidth is the most cells that the help takes.
const helpWidth = 78

func (h *help) lay(m *Model, w, height int) {
	h.drawn = h.draw(m, min(w, helpWidth))
	h.count, h.height = len(h.drawn), max(1, height-2)
	h.top = min(h.top, h.last())
}

// last returns the top line when the end is in sight. The end takes the line that
// would say how much is below.
func (h *help) last() int { return max(0, h.count-h.height-1) }

func (h *help) view(m *Model, w, _ int) dialogView {
	w = min(w, helpWidth)
	v := dialogView{title: "Help", wanted: w}
	rows := h.height
	if h.top == h.last() {
		rows++
	}
	v.lines = append(v.lines, h.drawn[h.top:min(h.top+rows, h.count)]...)
	if below := h.count - h.top - rows; below > 0 {
		v.lines = append(v.lines, m.moreBelow(below))
	}
	v.lines = append(v.lines, m.keyLine(keymap.ScopeHelp))
	return v
}

// draw returns all lines; a long description continues on the next line.
func (h *help) draw(m *Model, w int) []string {
	l := m.look
	var lines []string
	if m.opts.Note != "" {
		for _, line := range wrap(clean(m.opts.Note), w) {
			lines = append(lines, l.good.Paint(line))
		}
		lines = append(lines, "")
	}
	for _, line := range h.lines {
		if line.keys == "" {
			lines = append(lines, l.heading.Paint(line.heading))
			continue
		}
		keys := line.keys
		for _, text := range wrap(line.text, w-helpKeys) {
			lines = append(lines, l.helpKey.Paint(fit("  "+keys, helpKeys))+l.text.Paint(text))
			keys = ""
		}
	}
	return lines
}
