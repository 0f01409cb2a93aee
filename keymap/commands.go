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
