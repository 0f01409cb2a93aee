package keymap

import "slices"

// Keymap is a table of bindings that is looked up by key. It is immutable, so
// any number of goroutines may read it.
type Keymap struct {
	bindings []Binding
	actions  map[Scope]map[string]Action
	taken    []string
}

// Taken returns sentences about keys that a user's settings took from an action
// that keeps other keys. This is allowed, but may be a surprise.
func (m *Keymap) Taken() []string { return slices.Clone(m.taken) }

// Default returns the keymap as delivered.
func Default() *Keymap { return index(defaults()) }

// index makes the table that Lookup reads. If two actions of one scope had the
// same key, the first would win; check refuses such tables.
func index(bs []Binding) *Keymap {
	m := &Keymap{bindings: bs, actions: map[Scope]map[string]Action{}}
	for _, b := range bs {
		if m.actions[b.Scope] == nil {
			m.actions[b.Scope] = map[string]Action{}
		}
		for _, k := range b.Keys {
			if _, taken := m.actions[b.Scope][k]; !taken {
				m.actions[b.Scope][k] = b.Action
			}
		}
	}
	return m
}

// Lookup returns the action of a key, named as Bubble Tea's KeyPressMsg.String
// names it, in the first of the scopes that binds it. Pass Stack(top). A key
// without an action belongs to the surface's text, if it takes text.
func (m *Keymap) Lookup(scopes []Scope, key string) (Action, bool) {
	if key == " " { // what String returns where a terminal sends the text alone
		key = "space"
	}
	for _, s := range scopes {
		if a, ok := m.actions[s][key]; ok {
			return a, true
		}
	}
	return "", false
}

// Sequence returns the action of two keys that were pressed one after the other.
func (m *Keymap) Sequence(scopes []Scope, first, second string) (Action, bool) {
	if !Begins(first) || !inSequence(first+second) {
		return "", false
	}
	return m.Lookup(scopes, first+second)
}

// Begins reports whether a key may be the first one of a sequence.
func Begins(key string) bool { return key == string(sequenceStart) }

// Keys returns the keys of an action in a scope, the one to show first.
func (m *Keymap) Keys(s Scope, a Action) []string {
	for _, b := range m.bindings {
		if b.Scope == s && b.Action == a {
			return slices.Clone(b.Keys)
		}
	}
	return nil
}

// Answers reports whether the action answers what a dialog asks. It must then
// wait until the question could be read. Moving in a dialog, leaving it and
// submitting what was typed are no answers. A refusal to edit also waits before
// it closes, since the key may have been meant for an editor.
func (m *Keymap) Answers(top Scope, a Action) bool {
	return slices.ContainsFunc(m.bindings, func(b Binding) bool {
		if a == FindOpen || a == FindNext || a == FindPrevious {
			return false
		}
		answer := b.Destructive || !Typing(top) && (a != DialogCancel || top == ScopeRefused)
		return b.Scope == top && b.Action == a && answer
	})
}

// Writes reports whether the action writes to the store, or is the first step to
// it.
func (m *Keymap) Writes(a Action) bool {
	return slices.ContainsFunc(m.bindings, func(b Binding) bool { return b.Action == a && b.Writes })
}

// Bindings returns the whole table in the order of the help.
func (m *Keymap) Bindings() []Binding {
	bs := slices.Clone(m.bindings)
	for i := range bs {
		bs[i].Keys = slices.Clone(bs[i].Keys)
	}
	return bs
}
