package keymap

// Commands returns the actions that the palette offers by name while the scopes
// hold, also those without a key. Moving is left out: nobody types its name.
func (m *Keymap) Commands(scopes []Scope) []Entry {
	var out []Entry
	named := map[Action]bool{}
	for _, s := range scopes {
		for _, b := range m.bindings {
			if b.Scope != s || s == ScopeMove || named[b.Action] {
				continue
			}
			named[b.Action] = true
			out = append(out, Entry{Keys: Show(b.Keys...), Help: b.Help, Action: b.Action})
		}
	}
	return out
}

// Names returns the names of the actions of each scope, as a user's file has them.
func (m *Keymap) Names() map[string][]string {
	all := map[string][]string{}
	for _, b := range m.bindings {
		all[string(b.Scope)] = append(all[string(b.Scope)], string(b.Action))
	}
	return all
}
