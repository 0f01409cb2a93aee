package keymap

// Commands are the actions that can be asked for by name while the scopes
// hold, those without a key too. Moving is left out: nobody types its name.
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
