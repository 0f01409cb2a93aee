package tui

import tea "charm.land/bubbletea/v2"

// permit carries out a write. On a protected profile it first asks for the
// profile's name, once per run, to stop a hand that meant another cluster.
func (m *Model) permit(write func(*Model) tea.Cmd) tea.Cmd {
	if !m.opts.Protected || m.permitted {
		return write(m)
	}
	return m.askProfile(m.opts.Profile, func(m *Model) tea.Cmd {
		m.permitted = true
		return write(m)
	})
}

// askProfile carries out a write once the name of its protected profile was typed.
func (m *Model) askProfile(profile string, write func(*Model) tea.Cmd) tea.Cmd {
	p := &prompt{title: "Protected", hint: "type the profile's name to allow writes"}
	p.done = func(m *Model, name string) tea.Cmd {
		if name != profile {
			p.fault = "That isn't \"" + clean(profile) + "\"; nothing was written."
			return nil
		}
		return write(m)
	}
	p.leave = func(m *Model) { m.notice.warn(m.now(), "nothing was written") }
	return m.openPrompt(p, "")
}
