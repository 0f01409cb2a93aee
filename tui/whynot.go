package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// whyNot says why an action can do nothing now: what refuses it, or what it lacks.
func (m *Model) whyNot(a keymap.Action) string {
	writes := m.keys.Writes(a)
	switch why := m.commands[a].lacks; {
	case m.asOf != nil && writes:
		return "nothing can be written in the past"
	case m.opts.ReadOnly && writes:
		return "the profile is read-only"
	case why != "":
		return why
	}
	return "there is nothing here to do that with"
}

// addElsewhere adds the commands of all other surfaces than those of the scopes: none can
// be carried out here, and each says where it can.
func (p *palette) addElsewhere(m *Model, here []keymap.Scope) {
	for _, scope := range keymap.Scopes() {
		if slices.Contains(here, scope) {
			continue
		}
		for _, e := range m.keys.Commands([]keymap.Scope{scope}) {
			name, why := e.Names[0], "not here, but under "+keymap.Title(scope)
			p.rest = append(p.rest, choice{
				name: name, also: e.Names[1:], text: why + ": " + e.Help, keys: e.Keys, off: true,
				do: func(m *Model) tea.Cmd {
					said := e.Help
					if e.Keys != "" {
						said += " (" + e.Keys + ")"
					}
					m.notice.warn(m.now(), said+": "+why)
					return nil
				},
			})
		}
	}
}
