package tui

import (
	"strings"

	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
)

// keyLine is the keys that matter in a scope, for dialogs.
func (m *Model) keyLine(s keymap.Scope) string { return m.keysWithin(s, m.width-dialogMargin) }

// keysWithin is as many of the keys that matter in a scope as fit into w. The
// one for help, which tells the rest, always has its place.
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

// named is an action under a name that says what it does just now.
type named struct {
	action keymap.Action
	text   string
}

// namedKeys is a line of keys for these actions.
func (m *Model) namedKeys(s keymap.Scope, actions ...named) string {
	parts := make([]string, 0, len(actions))
	for _, a := range actions {
		parts = append(parts, m.look.helpKey.Paint(m.keyFor(s, a.action))+m.look.muted.Paint(" "+a.text))
	}
	return strings.Join(parts, "  ")
}

// shortKeys is how many keys a line offers.
const shortKeys = 14

// hintsFor are the keys to offer in a scope: those that can do something just
// now, under the name of what they would do.
func (m *Model) hintsFor(s keymap.Scope) []keymap.Hint {
	hints := m.keys.Short(keymap.Stack(s), shortKeys)
	offered := hints[:0]
	for _, h := range hints {
		if !m.can(h.Action) {
			continue
		}
		h.Text = m.hintText(h)
		offered = append(offered, h)
	}
	return offered
}

// can reports whether an action can do something with what the cursor is on
// and with this store. It is about what is offered, not about what is allowed:
// an action that is pressed all the same says why it cannot be done.
func (m *Model) can(a keymap.Action) bool {
	row, ok := m.subject()
	key := ok && row.IsKey && !row.Ghost
	switch a {
	case keymap.ValueEdit, keymap.ValueEditExternal:
		return key && !m.opts.ReadOnly && kv.KeyFlags(row.Flags)&kv.Directory == 0
	case keymap.KeyAdd:
		return !m.opts.ReadOnly
	case keymap.DeleteKey:
		return key && !m.opts.ReadOnly
	case keymap.DeleteSubtree:
		return ok && !row.Ghost && !m.opts.ReadOnly
	case keymap.TreeEnter, keymap.CopyKey:
		return ok
	case keymap.LocksOpen:
		_, able := kv.As[kv.LockInspector](m.store)
		return able
	}
	if c, ok := m.focus.(chooser); ok {
		return c.can(m, a)
	}
	return true
}

// chooser is a pane some of whose actions have nothing to act on at times.
type chooser interface {
	can(m *Model, a keymap.Action) bool
}

// hintText is what a key would do just now.
func (m *Model) hintText(h keymap.Hint) string {
	row, _ := m.tree.row()
	paused, _, _ := m.changes.Paused()
	switch {
	case h.Action == keymap.TreeEnter:
		return enterText(row)
	case h.Action == keymap.ChangesPause && paused:
		return "resume"
	}
	return h.Text
}

// enterText is what entering a row does.
func enterText(row tree.Row) string {
	switch {
	case row.IsFolder && row.Open:
		return "close"
	case row.IsFolder:
		return "open"
	default:
		return "value"
	}
}

// keyFor is how the key for an action is written in a sentence.
func (m *Model) keyFor(s keymap.Scope, a keymap.Action) string {
	if names := m.keys.Keys(s, a); len(names) > 0 {
		return keymap.Show(names[0])
	}
	return ":" + string(a)
}
