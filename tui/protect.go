package tui

import tea "charm.land/bubbletea/v2"

// permit carries out a write. On a protected profile it first asks for the
// profile's name, once per run, to stop a hand that meant another cluster.
func (m *Model) permit(write func(*Model) tea.Cmd) tea.Cmd {
	if !m.opts.Protected || m.permitted {
		return write(m)
	}
	p := &prompt{title: "Protected", hint: "type the profile's name to allow writes"}
	p.done = func(m *Model, name string) tea.Cmd {
		if name != m.opts.Profile {
			p.fault = "That isn't \"" + clean(m.opts.Profile) + "\"; nothing was written."
			return nil
		}
		m.permitted = true
		return write(m)
	}
	p.leave = func(m *Model) { m.notice.warn(m.now(), "nothing was written") }
	return m.openPrompt(p, "")
}
