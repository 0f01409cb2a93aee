package tui

import (
	"strings"

	"kvist/keymap"
)

// keyLine returns the line of keys for a dialog.
func (m *Model) keyLine(s keymap.Scope) string { return m.keysWithin(s, m.width-dialogMargin) }

// keysWithin returns as many of the keys that matter in a scope as fit into w
// cells. The key for help, which lists the others, is always among them.
func (m *Model) keysWithin(s keymap.Scope, w int) string {
	line, used, help := "", 0, 0
	hints := m.hintsFor(s)
	for _, k := range hints {
		if k.Action == keymap.AppHelp {
			help = width(k.Key) + 1 + width(k.Text) + 2
		}
	}
	for _, k := range hints {
		n := width(k.Key) + 1 + width(k.Text)
		if k.Action == keymap.AppHelp {
			help = 0
		}
		if used+n+help > w {
			continue
		}
		if used > 0 {
			line += "  "
		}
		line += m.look.helpKey.Paint(k.Key) + " " + m.look.muted.Paint(k.Text)
		used += n + 2
	}
	return line
}

// named is an action with the words for what it does now.
type named struct {
	action keymap.Action
	text   string
}

// namedKeys returns a line of keys for these actions.
func (m *Model) namedKeys(s keymap.Scope, actions ...named) string {
	parts := make([]string, 0, len(actions))
	for _, a := range actions {
		parts = append(parts, m.look.helpKey.Paint(m.keyFor(s, a.action))+m.look.muted.Paint(" "+a.text))
	}
	return strings.Join(parts, "  ")
}

// shortKeys is how many keys a line offers at most: more than any surface has, so
// that the last one, the help, is always among them.
const shortKeys = 60

// hintsFor returns the keys to offer in a scope: those that can do something now,
// with the words for what they would do.
func (m *Model) hintsFor(s keymap.Scope) []keymap.Hint {
	hints := m.keys.Short(keymap.Stack(s), shortKeys)
	if m.asOf != nil {
		hints = m.pastHints(s, hints)
	}
	offered := hints[:0]
	for _, h := range hints {
		if text, ok := m.hint(h); ok {
			h.Text = text
			offered = append(offered, h)
		}
	}
	return offered
}

// hint returns what the line of keys says of an action; false when the action can
// do nothing with the row under the cursor or with this store.
func (m *Model) hint(h keymap.Hint) (text string, offered bool) {
	if m.asOf != nil && m.keys.Writes(h.Action) {
		return "", false
	}
	if m.later() != nil && m.needsStore(h.Action) {
		return "", false
	}
	if c := m.commands[h.Action]; c.can != nil && !c.can(m) {
		return "", false
	}
	for _, p := range m.panes {
		if h.Text, offered = p.hint(m, h); !offered {
			return "", false
		}
	}
	return h.Text, true
}

// keyFor returns the key for an action as a sentence names it.
func (m *Model) keyFor(s keymap.Scope, a keymap.Action) string {
	if names := m.keys.Keys(s, a); len(names) > 0 {
		return keymap.Show(names[0])
	}
	return ":" + string(a)
}
