package keymap

import (
	"slices"
	"strings"
)

// Commands returns the actions that the palette offers by name while the scopes
// hold, also those without a key: those of the line of keys first, then the others
// that concern a key. Moving is left out: nobody types its name.
func (m *Keymap) Commands(scopes []Scope) []Entry {
	var first, ofKey, out []Entry
	named := map[Action]bool{}
	for _, s := range scopes {
		for _, b := range m.bindings {
			if b.Scope != s || s == ScopeMove || named[b.Action] {
				continue
			}
			named[b.Action] = true
			e := Entry{Keys: Show(b.Keys...), Help: b.Help, Action: b.Action, Names: b.names()}
			switch {
			case b.Short != "":
				first = append(first, e)
			case s == ScopeKey:
				ofKey = append(ofKey, e)
			default:
				out = append(out, e)
			}
		}
	}
	return slices.Concat(first, ofKey, out)
}

// names returns what people call the action, the name to show first. The last one
// is the action's own.
func (b Binding) names() []string {
	var names []string
	if b.Words != "" {
		names = strings.Split(b.Words, ", ")
	}
	return append(names, string(b.Action))
}

// Names returns the names of the actions of each scope, as a user's file has them.
func (m *Keymap) Names() map[string][]string {
	all := map[string][]string{}
	for _, b := range m.bindings {
		all[string(b.Scope)] = append(all[string(b.Scope)], string(b.Action))
	}
	return all
}
